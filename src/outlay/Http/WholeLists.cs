using System.Diagnostics.CodeAnalysis;
using Outlay.Limits;
using Outlay.Storage;

namespace Outlay.Http;

/// <summary>
/// Limits how many whole lists are sent at once. Each keeps a connection to the database for as long as its reader takes; these are a fifth
/// of all connections, so that slow readers keep nobody from anything else, and no client has more than a quarter of them.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphores hold nothing of the system, and a list can outlive the services when the server stops.")]
internal sealed class WholeLists(Settings settings)
{
    /// <summary>How many of all lists one client reads at most.</summary>
    public const int Share = Max / 4;

    private const int Max = 20;

    private readonly SemaphoreSlim _places = new(Max, Max);
    private readonly Dictionary<string, ClientPlaces> _clients = new(StringComparer.Ordinal);

    /// <summary>
    /// Waits a little for a place, which is free again when the result is disposed. Throws <see cref="ErrorCode.QuotaExceeded"/> when the client
    /// has its share, and <see cref="ErrorCode.Unavailable"/> when all are taken.
    /// </summary>
    public async Task<IDisposable> EnterAsync(HttpContext context, CancellationToken token)
    {
        var client = Client.Of(context, settings);
        var share = client is null ? null : Join(client);
        var held = new List<SemaphoreSlim>();
        var place = new Place(() =>
        {
            held.ForEach(semaphore => semaphore.Release());
            if (client is not null)
                Leave(client, share!);
        });
        try
        {
            if (share is not null)
                await HoldAsync(share.Places, ErrorCode.QuotaExceeded, $"This client reads {Share} whole lists already: ask for a page with limit, or try again");
            await HoldAsync(_places, ErrorCode.Unavailable, "Too many whole lists are being read: ask for a page with limit, or try again");
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }

        async Task HoldAsync(SemaphoreSlim semaphore, ErrorCode code, string refusal)
        {
            if (!await semaphore.WaitAsync(Database.RetryAfter, token))
                throw new AppException(code, refusal) { RetryAfter = Database.RetryAfter, ForAnybody = refusal, ViolatedPolicies = code is ErrorCode.QuotaExceeded ? ["lists"] : [] };
            held.Add(semaphore);
        }
    }

    private ClientPlaces Join(string client)
    {
        lock (_clients)
        {
            if (!_clients.TryGetValue(client, out var places))
                _clients[client] = places = new ClientPlaces();
            places.Users++;
            return places;
        }
    }

    /// <summary>What nobody uses is forgotten: there can be any number of clients.</summary>
    private void Leave(string client, ClientPlaces places)
    {
        lock (_clients)
        {
            if (--places.Users == 0)
                _clients.Remove(client);
        }
    }

    private sealed class ClientPlaces
    {
        public SemaphoreSlim Places { get; } = new(Share, Share);

        /// <summary>How many requests have one of the places, or wait for one.</summary>
        public int Users { get; set; }
    }

    private sealed class Place(Action leave) : IDisposable
    {
        public void Dispose() => leave();
    }
}
