using Outlay.Telemetry;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Outlay.Hosting;

/// <summary>Logs to standard output, and to a rotated file if one is set.</summary>
internal static partial class Logging
{
    /// <summary>The size in bytes at which a log file is closed and the next one begun.</summary>
    public const long MaxFileBytes = 50L * 1024 * 1024;

    private const LogEventLevel AboveAll = LogEventLevel.Fatal + 1;

    /// <summary>
    /// Puts Outlay's logging in the place of the default. What is logged is written at once, and the file is closed with the host.
    /// </summary>
    /// <param name="runId">Stands in every line: one per process.</param>
    public static void AddOutlayLogging(this IHostApplicationBuilder builder, LogSettings settings, TelemetrySettings telemetry, string runId)
    {
        var levels = new LogLevels(settings.Level);
        var receiver = telemetry.Otlp is { } otlp ? new OtlpLogSink(otlp, TelemetryProviders.ResourceOf(telemetry, runId)) : null;
        builder.Logging.ClearProviders().AddSerilog(Create(settings, levels, receiver, runId), dispose: true);
        if (settings.LevelFile is { } file)
            builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<LogLevelReload>(services, levels, file));
    }

    /// <summary>Makes the logger alone.</summary>
    /// <param name="levels">What is logged; may change.</param>
    /// <param name="receiver">Also gets everything; null for nobody.</param>
    public static Logger Create(LogSettings settings, LogLevels levels, ILogEventSink? receiver, string runId)
    {
        var json = new JsonLogFormatter(runId);
        ITextFormatter format = settings.Format == LogFormat.Json ? json : new TextLogFormatter(settings.Colour);
        var configuration = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(levels.Own)
            .MinimumLevel.Override("Microsoft", levels.Framework)
            .MinimumLevel.Override("System", levels.Framework)
            // What these say is told once, by whoever knows the cause: a start that failed, and what /readyz answers.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting", LogEventLevel.Fatal)
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", AboveAll)
            .WriteTo.Sink(new LogMetrics())
            .WriteTo.Console(format);
        if (receiver is not null)
            configuration.WriteTo.Sink(receiver);
        if (settings.File is not { } file)
            return configuration.CreateLogger();

        ReportFailures(format, file);
        return configuration.WriteTo.Sink(new FileSink(json, file, TimeSpan.FromDays(settings.RetentionDays))).CreateLogger();
    }

    /// <summary>Says on standard output, once, that the file misses lines; a sink that fails is not noticed otherwise.</summary>
    private static void ReportFailures(ITextFormatter format, string file)
    {
        var console = new SerilogLoggerFactory(new LoggerConfiguration().WriteTo.Console(format).CreateLogger())
            .CreateLogger(typeof(Logging).FullName!);
        var reported = 0;
        SelfLog.Enable(_ =>
        {
            LogMetrics.Dropped(1);
            if (Interlocked.Exchange(ref reported, 1) == 0)
                LogFileFailed(console, file);
        });
    }

    [LoggerMessage(LogLevel.Error, "The log file {File} could not be written and misses lines: check the space and the permissions there")]
    private static partial void LogFileFailed(ILogger logger, string file);

    /// <summary>The rotated file. It can fail to close, when its disk is full: that is reported like any other failure to write.</summary>
    private sealed class FileSink(ITextFormatter format, string file, TimeSpan retention) : ILogEventSink, IDisposable
    {
        private readonly Logger _file = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.File(format, file, rollingInterval: RollingInterval.Day, rollOnFileSizeLimit: true, fileSizeLimitBytes: MaxFileBytes,
                retainedFileCountLimit: null, retainedFileTimeLimit: retention)
            .CreateLogger();

        public void Emit(LogEvent logEvent) => _file.Write(logEvent);

        public void Dispose()
        {
            try
            {
                _file.Dispose();
            }
            catch (IOException e)
            {
                SelfLog.WriteLine("{0}", e);
            }
        }
    }
}
