using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace Outlay.Hosting;

/// <summary>Writes a log event for a person at a terminal: time in UTC, level, message, and below it an exception if there is one.</summary>
internal sealed class TextLogFormatter(bool colour) : ITextFormatter
{
    private const string Reset = "\e[0m";

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var time = logEvent.Timestamp.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var level = JsonLogFormatter.LevelName(logEvent.Level);
        output.Write($"{time} {Paint(level, logEvent.Level)} {PlainText.Line(JsonLogFormatter.Message(logEvent))}\n");
        if (logEvent.Exception is null)
            return;
        foreach (var line in SafeException.Of(logEvent.Exception).Stack.Split('\n'))
            output.Write($"    {PlainText.Line(line)}\n");
    }

    private string Paint(string text, LogEventLevel level)
    {
        var padded = text.PadRight("critical".Length);
        return level switch
        {
            _ when !colour => padded,
            LogEventLevel.Information => $"\e[32m{padded}{Reset}",
            LogEventLevel.Warning => $"\e[33m{padded}{Reset}",
            LogEventLevel.Error or LogEventLevel.Fatal => $"\e[31m{padded}{Reset}",
            _ => $"\e[2m{padded}{Reset}",
        };
    }
}
