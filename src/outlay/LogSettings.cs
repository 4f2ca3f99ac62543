namespace Outlay;

/// <summary>What is logged, and where to.</summary>
/// <param name="Level">LOG_LEVEL: debug, info, warning or error; default info.</param>
/// <param name="Format">LOG_FORMAT: json or text; default text on a terminal, json elsewhere.</param>
/// <param name="File">LOG_FILE: also write here, rotated by day and size; null for standard output only.</param>
/// <param name="RetentionDays">LOG_RETENTION_DAYS: rotated files older than this are removed, 1–3650 days, default 7.</param>
internal sealed record LogSettings(LogLevel Level, LogFormat Format, string? File, int RetentionDays)
{
    private static readonly (string Text, LogLevel Value)[] s_levels =
        [("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error)];

    /// <summary>Whether lines of text are coloured: on a terminal, unless NO_COLOR is set.</summary>
    public bool Colour { get; init; }

    /// <summary>LOG_LEVEL_FILE: holds the level instead of LOG_LEVEL, and is read again at SIGHUP; null for none.</summary>
    public string? LevelFile { get; init; }

    public static LogSettings From(SettingsSource source)
    {
        var level = source.Choice("LOG_LEVEL", "info", s_levels);
        var levelFile = source.OptionalPath("LOG_LEVEL_FILE");
        if (levelFile is not null && source.IsSet("LOG_LEVEL"))
            source.Fault("LOG_LEVEL", "and LOG_LEVEL_FILE are both set", "set only one of them");
        else if (levelFile is not null && ReadLevel(levelFile, out var problem) is var read)
            level = read ?? Faulty(problem);
        return new LogSettings(
            level,
            source.Choice("LOG_FORMAT", source.OnTerminal ? "text" : "json", ("json", LogFormat.Json), ("text", LogFormat.Text)),
            source.OptionalPath("LOG_FILE"),
            source.Number("LOG_RETENTION_DAYS", 7, 1, 3650))
        {
            Colour = source.Colour,
            LevelFile = levelFile,
        };

        LogLevel Faulty(string problem)
        {
            source.Fault("LOG_LEVEL_FILE", $"names '{levelFile}', which {problem}", $"write one of {Words} into it");
            return level;
        }
    }

    private static string Words => string.Join(", ", s_levels.Select(level => level.Text));

    public static string NameOf(LogLevel level) => s_levels.First(known => known.Value == level).Text;

    /// <summary>The level that a file holds; null when it holds none, with the problem.</summary>
    /// <param name="problem">What is wrong with the file; empty when nothing is.</param>
    public static LogLevel? ReadLevel(string file, out string problem)
    {
        try
        {
            var text = System.IO.File.ReadAllText(file).Trim();
            problem = $"holds none of {Words}";
            foreach (var level in s_levels)
            {
                if (string.Equals(level.Text, text, StringComparison.OrdinalIgnoreCase))
                {
                    problem = "";
                    return level.Value;
                }
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"cannot be read: {e.Message}";
            return null;
        }
    }
}

internal enum LogFormat
{
    Json,
    Text,
}
