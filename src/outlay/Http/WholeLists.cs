using System.Diagnostics.CodeAnalysis;
using Outlay.Storage;

namespace Outlay.Http;

/// <summary>
/// Limits how many whole lists are sent at once. Each keeps a connection to the database for as long as its reader takes; these are a fifth
/// of all connections, so that slow readers keep nobody from anything else.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore holds nothing of the system, and a list can outlive the services when the server stops.")]
internal sealed class WholeLists
{
    private const int Max = 20;

    private readonly SemaphoreSlim _places = new(Max, Max);

    /// <summary>Waits a little for a place, which is free again when the result is disposed. Throws <see cref="ErrorCode.Unavailable"/> when all are taken.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken token) =>
        await _places.WaitAsync(Database.RetryAfter, token)
            ? new Place(_places)
            : throw new AppException(ErrorCode.Unavailable, "Too many whole lists are being read: ask for a page with limit, or try again") { RetryAfter = Database.RetryAfter };

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
