using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Outlay.Hosting;

/// <summary>
/// Writes a log event as one JSON object on one line. Of the properties only those that the message names are written: the
/// framework adds others, and the raw path of the request is among them.
/// </summary>
internal sealed class JsonLogFormatter(string runId) : ITextFormatter
{
    private static readonly FrozenSet<string> s_ownNames =
        FrozenSet.Create("timestamp", "level", "message", "event", "run_id", "trace_id", "span_id", "trace_flags", "service", "version", "logger");

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ConcurrentDictionary<string, string> s_names = new();

    private static readonly MessageTemplateTextFormatter s_message = new("{Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", TimeText.ForPrograms(logEvent.Timestamp));
            json.WriteString("level", LevelName(logEvent.Level));
            json.WriteString("message", Message(logEvent));
            if (EventName(logEvent) is { } eventName)
                json.WriteString("event", eventName);
            json.WriteString("run_id", runId);
            if (logEvent.TraceId is { } trace && trace != default)
                json.WriteString("trace_id", trace.ToHexString());
            if (logEvent.SpanId is { } span && span != default)
                json.WriteString("span_id", span.ToHexString());
            if (logEvent.TraceId is not null && Activity.Current is { } current)
                json.WriteString("trace_flags", current.Recorded ? "01" : "00");
            json.WriteString("service", "outlay");
            json.WriteString("version", Product.Version);
            if (LoggerName(logEvent) is { } logger)
                json.WriteString("logger", logger);
            foreach (var (name, value) in Properties(logEvent))
            {
                json.WritePropertyName(name);
                WriteValue(json, value);
            }

            if (logEvent.Exception is { } exception)
                WriteException(json, SafeException.Of(exception));
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Write('\n');
    }

    /// <summary>The message with its values in place.</summary>
    public static string Message(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        s_message.Format(logEvent, text);
        return text.ToString();
    }

    public static string LevelName(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warning",
        LogEventLevel.Error => "error",
        _ => "critical",
    };

    public static string? EventName(LogEvent logEvent)
    {
        var id = logEvent.Properties.GetValueOrDefault("EventId") as StructureValue;
        var name = id?.Properties.FirstOrDefault(property => property.Name == "Name")?.Value as ScalarValue;
        return name?.Value is string text ? NameOf(text) : null;
    }

    /// <summary>The properties that the message names, with their names in the log.</summary>
    public static IEnumerable<KeyValuePair<string, LogEventPropertyValue>> Properties(LogEvent logEvent)
    {
        var told = new HashSet<string>(s_ownNames);
        foreach (var token in logEvent.MessageTemplate.Tokens.OfType<PropertyToken>())
        {
            var name = NameOf(token.PropertyName);
            if (told.Add(name) && logEvent.Properties.TryGetValue(token.PropertyName, out var value))
                yield return new(name, value);
        }
    }

    /// <summary>As words of the log are written. Remembered: there are as many as the messages of the program have.</summary>
    private static string NameOf(string word) => s_names.GetOrAdd(word, JsonNamingPolicy.SnakeCaseLower.ConvertName);

    public static string? LoggerName(LogEvent logEvent) =>
        (logEvent.Properties.GetValueOrDefault("SourceContext") as ScalarValue)?.Value as string;

    private static void WriteValue(Utf8JsonWriter json, LogEventPropertyValue value)
    {
        switch (value)
        {
            case ScalarValue { Value: null }:
                json.WriteNullValue();
                break;
            case ScalarValue { Value: bool flag }:
                json.WriteBooleanValue(flag);
                break;
            case ScalarValue { Value: int or long }:
                json.WriteNumberValue(Convert.ToInt64(((ScalarValue)value).Value, CultureInfo.InvariantCulture));
                break;
            case ScalarValue { Value: double number } when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case ScalarValue { Value: { } other }:
                json.WriteStringValue(Convert.ToString(other, CultureInfo.InvariantCulture));
                break;
            case SequenceValue sequence:
                json.WriteStartArray();
                foreach (var element in sequence.Elements)
                    WriteValue(json, element);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(value.ToString(null, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteException(Utf8JsonWriter json, SafeException exception)
    {
        json.WriteString("exception.type", exception.Type);
        if (exception.Code is { } code)
            json.WriteString("exception.code", code);
        if (exception.Message is { } message)
            json.WriteString("exception.message", message);
        json.WriteString("exception.stack", exception.Stack);
    }
}
