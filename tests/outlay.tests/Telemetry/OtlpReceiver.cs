using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

internal sealed record ReceivedSpan(
    string TraceId, string SpanId, string ParentId, string Name, bool IsError, IReadOnlyDictionary<string, string> Tags, IReadOnlyDictionary<string, string> Resource);

internal sealed record ReceivedLog(string TraceId, string SpanId, string Body, string Severity, IReadOnlyDictionary<string, string> Tags);

/// <summary>A receiver of OTLP: http/protobuf on one port, gRPC on another. It keeps what it gets.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Signal, byte[] Body)> _received = new();

    private OtlpReceiver(WebApplication app) => _app = app;

    public string Http => _app.Urls.First();

    public string Grpc => _app.Urls.Last();

    /// <summary>What every request is answered.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What the last request showed to be let in.</summary>
    public string? Authorization { get; private set; }

    public IReadOnlyList<ReceivedSpan> Spans =>
    [
        .. from resource in Messages("traces").SelectMany(message => message.Messages(1))
           let about = resource.Messages(1).Single().Attributes(1)
           from span in resource.All(2, 2)
           select new ReceivedSpan(
               span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), span.Messages(15).Any(status => status.Number(3) == 2), span.Attributes(9), about),
    ];

    public IReadOnlyList<ReceivedLog> Logs =>
    [
        .. Messages("logs").SelectMany(message => message.All(1, 2, 2))
            .Select(log => new ReceivedLog(log.Hex(9), log.Hex(10), ProtoMessage.ValueOf(log.Messages(5).First()), log.Text(3), log.Attributes(6))),
    ];

    public IReadOnlyList<string> Metrics => [.. Messages("metrics").SelectMany(message => message.All(1, 2, 2)).Select(metric => metric.Text(1)).Distinct()];

    /// <summary>Every byte of everything, as text as far as it is text.</summary>
    public string Raw => string.Join('\n', _received.Select(entry => Encoding.Latin1.GetString(entry.Body)));

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var receiver = new OtlpReceiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync(Test.Token);
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IEnumerable<ProtoMessage> Messages(string signal) => _received.Where(entry => entry.Signal == signal).Select(entry => new ProtoMessage(entry.Body));

    private async Task TakeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, Test.Token);
        Authorization = context.Request.Headers.Authorization;
        context.Response.StatusCode = Status;
        if (Status != 200)
            return;
        // gRPC puts a flag and a length before the message, and its status behind the answer.
        var isGrpc = context.Request.ContentType == "application/grpc";
        var path = context.Request.Path.Value!;
        string signal = path.Contains("trace", StringComparison.Ordinal) ? "traces" : path.Contains("metrics", StringComparison.Ordinal) ? "metrics" : "logs";
        _received.Enqueue((signal, isGrpc ? body.ToArray()[5..] : body.ToArray()));
        if (!isGrpc)
            return;
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5], Test.Token);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
