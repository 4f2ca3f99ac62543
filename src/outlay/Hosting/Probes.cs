namespace Outlay.Hosting;

/// <summary>What machines ask again and again: it is told quietly in the log, and not at all in metrics and traces.</summary>
internal static class Probes
{
    /// <param name="path">The path of a request, or the pattern of a route.</param>
    public static bool Are(string? path) => path is "/livez" or "/readyz" or "/startupz" or "/metrics";
}
