using System.Runtime.InteropServices;

namespace Outlay.Hosting;

/// <summary>Reads the file of the log level again whenever the process gets SIGHUP: whoever may write the file and signal the process decides, and nobody over the network.</summary>
internal sealed partial class LogLevelReload(LogLevels levels, string file, ILogger<LogLevelReload> logger) : IHostedService, IDisposable
{
    private PosixSignalRegistration? _signal;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            // Otherwise it would end the process.
            signal.Cancel = true;
            Reload();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signal?.Dispose();

    private void Reload()
    {
        if (LogSettings.ReadLevel(file, out var problem) is not { } level)
        {
            Log.NotChanged(logger, $"{file} {problem}");
            return;
        }

        levels.Set(level);
        Log.Changed(logger, LogSettings.NameOf(level));
    }

    private static partial class Log
    {
        // As a warning, so that it is there at whatever level.
        [LoggerMessage(EventName = "log_level_changed", Level = LogLevel.Warning, Message = "From now on {NewLevel} and above is logged")]
        public static partial void Changed(ILogger logger, string newLevel);

        [LoggerMessage(EventName = "log_level_not_changed", Level = LogLevel.Error, Message = "The log level stays as it is: {Reason}")]
        public static partial void NotChanged(ILogger logger, string reason);
    }
}
