using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Outlay.Hosting;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Outlay.Tests.Hosting;

/// <summary>Takes log events the way the product's sinks do, and keeps the lines.</summary>
internal sealed class LogCapture : ILogEventSink, IDisposable
{
    public const string RunId = "0192f0c1d2e37f40a1b2c3d4e5f60718";

    private readonly JsonLogFormatter _formatter = new(RunId);
    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);

    public LogCapture() =>
        Factory = new SerilogLoggerFactory(new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(this).CreateLogger());

    public ILoggerFactory Factory { get; }

    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    public IReadOnlyList<JsonElement> Lines => Parse(Text);

    public static IReadOnlyList<JsonElement> Parse(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    public void Emit(LogEvent logEvent)
    {
        lock (_text)
            _formatter.Format(logEvent, _text);
    }

    public void Dispose() => Factory.Dispose();
}
