using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Outlay.Hosting;
using Serilog.Events;
using Serilog.Parsing;

namespace Outlay.Tests.Hosting;

public sealed partial class LogTests : IDisposable
{
    private readonly LogCapture _log = new();
    private readonly ILogger _logger;

    public LogTests() => _logger = _log.Factory.CreateLogger("Outlay.Something");

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_line_says_when_what_where_and_in_which_run()
    {
        KettleBoiled(_logger, "the kitchen", 3, 1.5, true);

        var line = Assert.Single(_log.Lines);
        Assert.True(DateTimeOffset.TryParseExact(line.GetProperty("timestamp").GetString(), "yyyy-MM-dd'T'HH:mm:ss.fff'Z'",
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _));
        Assert.Equal("warning", line.GetProperty("level").GetString());
        Assert.Equal("The kettle in the kitchen boiled 3 times in 1.5 s: true", line.GetProperty("message").GetString());
        Assert.Equal("kettle_boiled", line.GetProperty("event").GetString());
        Assert.Equal("Outlay.Something", line.GetProperty("logger").GetString());
        Assert.Equal(LogCapture.RunId, line.GetProperty("run_id").GetString());
        Assert.Equal("outlay", line.GetProperty("service").GetString());
        Assert.Equal(Product.Version, line.GetProperty("version").GetString());
        Assert.Equal("the kitchen", line.GetProperty("place_name").GetString());
        Assert.Equal(3, line.GetProperty("times").GetInt32());
        Assert.Equal(1.5, line.GetProperty("duration_s").GetDouble());
        Assert.True(line.GetProperty("is_hot").GetBoolean());
        Assert.False(line.TryGetProperty("trace_id", out _));
    }

    [Theory]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "info")]
    [InlineData(LogLevel.Warning, "warning")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "critical")]
    public void Levels_have_short_names(LogLevel level, string name)
    {
        Said(_logger, level, "x");

        Assert.Equal(name, Assert.Single(_log.Lines).GetProperty("level").GetString());
    }

    [Fact]
    public void A_line_belongs_to_the_trace_and_span_in_which_it_was_written()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        Said(_logger, LogLevel.Information, "x");

        var line = Assert.Single(_log.Lines);
        Assert.Equal(activity.TraceId.ToHexString(), line.GetProperty("trace_id").GetString());
        Assert.Equal(activity.SpanId.ToHexString(), line.GetProperty("span_id").GetString());
    }

    [Fact]
    public void No_value_can_break_a_line_or_pass_for_another()
    {
        const string Hostile = "a\r\n{\"level\":\"error\"}\u2028\u0085\u001b[31m\"\\\0";

        Said(_logger, LogLevel.Information, Hostile);

        Assert.EndsWith("}\n", _log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Text[..^1], c => char.IsControl(c) || c is '\u2028' or '\u2029');
        Assert.Equal(Hostile, Assert.Single(_log.Lines).GetProperty("text").GetString());
    }

    [Fact]
    public void A_value_cannot_take_the_place_of_a_field_of_the_line()
    {
        Impostor(_logger, "mine", "debug");

        var line = Assert.Single(_log.Lines);
        Assert.Equal("error", line.GetProperty("level").GetString());
        Assert.Equal(LogCapture.RunId, line.GetProperty("run_id").GetString());
        Assert.Equal(line.EnumerateObject().Count(), line.EnumerateObject().Select(field => field.Name).Distinct().Count());
    }

    [Fact]
    public void What_a_message_does_not_name_is_not_written()
    {
        using (_logger.BeginScope(new Dictionary<string, object> { ["RequestPath"] = "/secret" }))
            Said(_logger, LogLevel.Information, "x");

        Assert.DoesNotContain("secret", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_of_an_exception_that_can_quote_input_is_left_out()
    {
        Exception[] exceptions =
        [
            new InvalidOperationException("secret"),
            new AppException(ErrorCode.InvalidInput, "secret"),
            new AppException(ErrorCode.Unavailable, "The database is away.", new FormatException("secret")),
            // It derives from IOException, whose own messages are safe.
            new BadHttpRequestException("secret"),
        ];

        foreach (var exception in exceptions)
            Failed(_logger, exception);

        Assert.DoesNotContain("secret", _log.Text, StringComparison.Ordinal);
        Assert.Equal(exceptions.Length, _log.Lines.Count);
        Assert.Equal("System.InvalidOperationException", _log.Lines[0].GetProperty("exception.type").GetString());
        Assert.Equal("invalid-input", _log.Lines[1].GetProperty("exception.code").GetString());
        Assert.Contains("caused by System.FormatException", _log.Lines[2].GetProperty("exception.stack").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_of_an_exception_about_the_installation_is_told_with_its_stack()
    {
        Failed(_logger, Thrown(new IOException("No space left on device : '/backups/x'")));
        Failed(_logger, Thrown(new AppException(ErrorCode.Unavailable, "The database is away.")));

        Assert.Equal("No space left on device : '/backups/x'", _log.Lines[0].GetProperty("exception.message").GetString());
        Assert.Contains(nameof(Thrown), _log.Lines[0].GetProperty("exception.stack").GetString()!, StringComparison.Ordinal);
        Assert.Equal("The database is away.", _log.Lines[1].GetProperty("exception.message").GetString());
        Assert.Equal("unavailable", _log.Lines[1].GetProperty("exception.code").GetString());
    }

    [Theory]
    [InlineData(false, "10:30:00.000 error    Broken   here\n    System.InvalidOperationException\n")]
    [InlineData(true, "10:30:00.000 \u001b[31merror   \u001b[0m Broken   here\n    System.InvalidOperationException\n")]
    public void On_a_terminal_a_line_is_short_and_coloured_only_where_that_is_wanted(bool colour, string expected)
    {
        var output = new StringWriter();
        var template = new MessageTemplateParser().Parse("Broken \r\n{Where}");
        var logEvent = new LogEvent(new DateTimeOffset(2026, 2, 19, 11, 30, 0, TimeSpan.FromHours(1)), LogEventLevel.Error,
            new InvalidOperationException("secret"), template, [new LogEventProperty("Where", new ScalarValue("here"))]);

        new TextLogFormatter(colour).Format(logEvent, output);

        Assert.Equal(expected, output.ToString());
    }

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception e) when (e == exception)
        {
            return e;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The kettle in {PlaceName} boiled {Times} times in {DurationS} s: {IsHot}")]
    private static partial void KettleBoiled(ILogger logger, string placeName, int times, double durationS, bool isHot);

    [LoggerMessage("Somebody said {Text}")]
    private static partial void Said(ILogger logger, LogLevel level, string text);

    [LoggerMessage(LogLevel.Error, "{RunId} {Level}")]
    private static partial void Impostor(ILogger logger, string runId, string level);

    [LoggerMessage(LogLevel.Error, "It failed")]
    private static partial void Failed(ILogger logger, Exception exception);
}
