using System.Text.Json;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Crashes;

/// <summary>
/// A server under load that is killed at random moments and started again, with everything that clients were told. The moments
/// and the requests follow from a seed, which a failing run prints.
/// </summary>
internal sealed class CrashLoop(IReadOnlyDictionary<string, string> environment, int seed) : IAsyncDisposable
{
    private const int Writers = 4;

    /// <summary>Milliseconds between a start and a kill, at most: long enough for some hundred changes.</summary>
    private const int MaxLife = 400;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // Not for secrets: a seed gives the same moments again.
    private readonly Random _random = new(seed);
    private readonly Ledger _ledger = new();
    private OutlayProcess? _server;
    private volatile Uri _address = new("http://127.0.0.1:9");

    /// <summary>How many changes were acknowledged in all.</summary>
    public int Acknowledged => _ledger.Acknowledged;

    /// <summary>Kills the server as often as is asked, while clients write; then lets them finish.</summary>
    /// <param name="whileAlive">What else is to fail while the server lives; told the number of the kill that follows.</param>
    /// <param name="whileDead">What else is to fail before the server is started again; told the number of the kill.</param>
    public async Task RunAsync(int kills, Func<int, Task> whileAlive, Func<int, Task> whileDead)
    {
        await StartAsync();
        using var stop = new CancellationTokenSource();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        var clients = Enumerable.Range(0, Writers).Select(number => new Writer($"w{number}", seed + number, _ledger, () => _address)).ToList();
        var work = Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(stop.Token, giveUp.Token))));
        try
        {
            for (var kill = 1; kill <= kills && !work.IsCompleted; kill++)
            {
                await Task.Delay(_random.Next(MaxLife), Test.Token);
                await whileAlive(kill);
                await Task.Delay(_random.Next(MaxLife), Test.Token);
                await KillAsync();
                await whileDead(kill);
                await StartAsync();
            }

            await stop.CancelAsync();
            giveUp.CancelAfter(s_patience);
            await work;
        }
        finally
        {
            await giveUp.CancelAsync();
            clients.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Compares what is stored with what clients asked for and were told.</summary>
    public async Task CompareAsync()
    {
        using var client = new HttpClient();
        var list = await client.GetStringAsync(new Uri(_address, "/expenses"), Test.Token);
        using var expenses = JsonDocument.Parse(list);
        _ledger.Compare([.. expenses.RootElement.EnumerateArray().Select(expense =>
            (expense.GetProperty("description").GetString()!, expense.GetProperty("amount").GetDecimal()))]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _server = OutlayProcess.StartServer(environment);
        _address = await _server.WaitForAddressAsync();
    }

    private async Task KillAsync()
    {
        await _server!.SignalAsync("KILL");
        await _server.WaitForExitAsync();
        await _server.DisposeAsync();
    }
}
