using OpenTelemetry;
using OpenTelemetry.Resources;
using Outlay.Telemetry;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Outlay.Hosting;

/// <summary>
/// Sends log records to the receiver of OTLP: the same that the lines hold, and nothing else. Of an exception that is what is safe to tell.
/// Nobody waits for the receiver: what it does not take, or too slowly, is dropped and counted.
/// </summary>
internal sealed class OtlpLogSink : ILogEventSink, IDisposable
{
    /// <summary>How many records may wait to be sent.</summary>
    private const int MaxWaiting = 2048;

    private readonly ILoggerFactory _factory;
    private long _waiting;

    /// <param name="resource">What describes this process.</param>
    public OtlpLogSink(OtlpSettings settings, ResourceBuilder resource) => _factory = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Trace)
        .AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.SetResourceBuilder(resource);
            options.AddProcessor(new BatchLogRecordExportProcessor(OtlpExport.Logs(settings, Report), MaxWaiting, scheduledDelayMilliseconds: 1000));
        }));

    public void Emit(LogEvent logEvent)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            LogMetrics.Dropped(1);
            return;
        }

        var (logger, level) = (Logger(logEvent), LevelConvert.ToExtensionsLevel(logEvent.Level));
        if (!logger.IsEnabled(level))
            return;
        var message = JsonLogFormatter.Message(logEvent);
        logger.Log(level, new EventId(0, JsonLogFormatter.EventName(logEvent)), Attributes(logEvent), exception: null, (_, _) => message);
    }

    public void Dispose() => _factory.Dispose();

    private ILogger Logger(LogEvent logEvent) => _factory.CreateLogger(JsonLogFormatter.LoggerName(logEvent) ?? "outlay");

    private static List<KeyValuePair<string, object?>> Attributes(LogEvent logEvent)
    {
        var attributes = new List<KeyValuePair<string, object?>>();
        foreach (var (name, value) in JsonLogFormatter.Properties(logEvent))
            attributes.Add(new(name, value is ScalarValue scalar ? scalar.Value : value.ToString()));
        if (logEvent.Exception is not { } thrown)
            return attributes;
        var exception = SafeException.Of(thrown);
        attributes.Add(new("exception.type", exception.Type));
        attributes.Add(new("exception.message", exception.Reason));
        attributes.Add(new("exception.stacktrace", exception.Stack));
        return attributes;
    }

    private void Report(bool isSuccess, long records)
    {
        Interlocked.Add(ref _waiting, -records);
        if (!isSuccess)
            LogMetrics.Dropped(records);
    }
}
