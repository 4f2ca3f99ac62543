using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Outlay.Tests.Attacks;

/// <summary>Sends what a fuzzer makes to a running server, and judges every answer and what is stored afterwards.</summary>
internal sealed class FuzzRun(Uri address, int seed)
{
    private const int Clients = 4;

    private const int MaxFaults = 20;

    private readonly Fuzzer _fuzzer = new(seed);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentDictionary<int, int> _statuses = new();

    /// <summary>The traces of requests that were answered with success, or whose answer nobody waited for.</summary>
    private readonly ConcurrentDictionary<string, bool> _allowed = new();

    /// <summary>The traces of requests that were told that an expense was recorded.</summary>
    private readonly ConcurrentDictionary<string, bool> _recorded = new();

    private long _slowest;
    private int _closed;
    private int _next;

    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>What was answered, how often, and how slow the slowest was.</summary>
    public string Figures => $"{string.Join(", ", _statuses.OrderBy(status => status.Key).Select(status => $"{status.Value} × {status.Key}"))}, {_closed} closed or left without an answer; slowest {TimeSpan.FromTicks(_slowest).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s";

    public async Task RunAsync(int requests, CancellationToken token)
    {
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => SendAllAsync(requests, token), token)));
        await CompareAsync(token);
    }

    private async Task SendAllAsync(int requests, CancellationToken token)
    {
        RawConnection? connection = null;
        while (Interlocked.Increment(ref _next) is var number && number <= requests && _faults.Count < MaxFaults)
        {
            var request = _fuzzer.Make(number);
            try
            {
                connection ??= await RawConnection.OpenAsync(address, token);
                var exchange = await connection.AskAsync(request, token);
                Judge(request, number, exchange);
                if (exchange.IsOpen)
                    continue;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Report(request, number, e.Message);
            }

            connection?.Dispose();
            connection = null;
        }

        connection?.Dispose();
    }

    private void Judge(RawRequest request, int number, Exchange exchange)
    {
        InterlockedMax(ref _slowest, exchange.Time.Ticks);
        if (exchange.Answers.Count == 0)
        {
            Interlocked.Increment(ref _closed);
            _allowed[request.TraceId] = true;
        }

        // What follows the end of a damaged head is no request, and nothing hidden in a body is one.
        if (exchange.Answers.Skip(1).Any(answer => answer.Status != 400))
            Report(request, number, $"{exchange.Answers.Count} answers came, the last of them {exchange.Answers[^1].Status}");
        foreach (var answer in exchange.Answers)
        {
            _statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
            if (answer.Status < 300)
                _allowed[request.TraceId] = true;
            if (answer.Status == 201 && answer["Location"]?.StartsWith("/expenses/", StringComparison.Ordinal) is true && answer["Idempotent-Replayed"] is null)
                _recorded[request.TraceId] = true;
            if (answer.Fault(request.Method == "HEAD") is { } fault)
                Report(request, number, $"The answer {fault}");
        }
    }

    /// <summary>Every change has a request that was told of it, and every request that was told of a new expense has its change.</summary>
    private async Task CompareAsync(CancellationToken token)
    {
        using var client = new HttpClient { BaseAddress = address };
        var stored = new HashSet<string>();
        for (var path = "/changes?limit=500"; path is not null;)
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), token);
            using var changes = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(token));
            stored.UnionWith(changes.RootElement.EnumerateArray().Select(change => change.GetProperty("trace_id").GetString() ?? "none"));
            path = answer.Headers.TryGetValues("Link", out var link) ? link.Single()[1..link.Single().IndexOf('>', StringComparison.Ordinal)] : null;
        }

        foreach (var trace in stored.Where(trace => !_allowed.ContainsKey(trace)))
            _faults.Enqueue($"A change is stored that nobody was told of: {trace}");
        foreach (var trace in _recorded.Keys.Where(trace => !stored.Contains(trace)))
            _faults.Enqueue($"An expense was acknowledged and is not stored: {trace}");
    }

    private void Report(RawRequest request, int number, string fault)
    {
        var bytes = Encoding.Latin1.GetString(request.ToBytes());
        _faults.Enqueue($"Request {number}: {fault}\n{string.Concat(bytes.Take(1500).Select(letter => letter is >= ' ' and <= '~' or '\n' ? $"{letter}" : $"\\x{(int)letter:x2}"))}");
    }

    private static void InterlockedMax(ref long place, long value)
    {
        for (var seen = Volatile.Read(ref place); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref place, value, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }
}
