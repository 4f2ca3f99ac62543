using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Outlay.Hosting;

/// <summary>How much is logged. It can change while the service runs.</summary>
internal sealed class LogLevels
{
    public LogLevels(LogLevel level) => Set(level);

    /// <summary>From which level on the service itself is logged.</summary>
    public LoggingLevelSwitch Own { get; } = new();

    /// <summary>The same of what it stands on, which says little of use below a warning.</summary>
    public LoggingLevelSwitch Framework { get; } = new();

    public void Set(LogLevel level)
    {
        Own.MinimumLevel = LevelConvert.ToSerilogLevel(level);
        Framework.MinimumLevel = (LogEventLevel)Math.Max((int)Own.MinimumLevel, (int)LogEventLevel.Warning);
    }
}
