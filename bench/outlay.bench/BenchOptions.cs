using System.Globalization;

namespace Outlay.Bench;

/// <summary>How long each figure is looked at.</summary>
/// <param name="Rounds">How often the sizes take turns.</param>
/// <param name="Requests">Requests of one client in a round.</param>
/// <param name="RoundTime">What a round of slow requests is cut off at.</param>
/// <param name="RateTime">How long a round of many clients lasts.</param>
/// <param name="Starts">Starts of the server at each size.</param>
/// <param name="Verbs">Runs of each CLI verb at each size.</param>
internal sealed record Effort(int Rounds, int Requests, TimeSpan RoundTime, TimeSpan RateTime, int Starts, int Verbs)
{
    public static readonly Effort Full = new(10, 50, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2), 7, 20);
    public static readonly Effort Smoke = new(1, 2, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(20), 1, 1);
}

/// <summary>What a run is asked to do.</summary>
/// <param name="Sizes">Numbers of expenses, ascending.</param>
/// <param name="Engines">sqlite, postgres, or both.</param>
/// <param name="Postgres">The server that gets the books for PostgreSQL; null when there is none.</param>
/// <param name="Program">The binary that is measured.</param>
/// <param name="Backup">Measure backups alone, on the largest book.</param>
/// <param name="Telemetry">Measure only what telemetry costs.</param>
/// <param name="Overload">Measure only what becomes of five times the load that a server can carry.</param>
/// <param name="Out">A file that also gets the results; null for none.</param>
internal sealed record BenchOptions(
    IReadOnlyList<int> Sizes, IReadOnlyList<string> Engines, PostgresSettings? Postgres, Effort Effort, string Program, bool Backup, bool Telemetry, bool Overload, string? Out)
{
    public const string Usage =
        """
        Measures Outlay on books of several sizes, and prints the figures beside the aims.

          --sizes 1k,100k,1m          how many expenses the books hold
          --10m                       a book of ten million too
          --engines sqlite,postgres   default: sqlite, and postgres when DB_HOST is set
          --backup                    only backups, of the largest book, beside pg_dump and pg_restore
          --telemetry                 only what telemetry costs: servers with and without it, side by side
          --overload                  only what clients get from a server that has five times too much to do
          --program FILE              the binary to measure; default: the one beside this program
          --out FILE                  write the results there too
          --smoke                     only see that everything runs: tiny books, no figures worth reading

        PostgreSQL is the one that DB_HOST, DB_PORT, DB_USER and DB_PASSWORD name; DB_USER must be allowed to create databases.
        """;

    private static readonly int[] s_smokeSizes = [100, 1_000];

    /// <summary>What gives the same run again.</summary>
    public string Command => $"./bench/run{(Effort == Effort.Smoke ? " --smoke" : "")}{(Backup ? " --backup" : "")}{(Telemetry ? " --telemetry" : "")}{(Overload ? " --overload" : "")} --sizes {string.Join(',', Sizes)} --engines {string.Join(',', Engines)}";

    /// <summary>Throws <see cref="ArgumentException"/> that says what is wrong.</summary>
    public static BenchOptions Read(string[] arguments, PostgresSettings? postgres)
    {
        var options = new BenchOptions(
            [1_000, 100_000, 1_000_000], postgres is null ? ["sqlite"] : ["sqlite", "postgres"], postgres, Effort.Full,
            Path.Combine(AppContext.BaseDirectory, "outlay"), false, false, false, null);
        var words = new Queue<string>(arguments);
        while (words.TryDequeue(out var word))
        {
            options = word switch
            {
                "--sizes" => options with { Sizes = [.. Value(word).Split(',').Select(Size)] },
                "--10m" => options with { Sizes = [.. options.Sizes, 10_000_000] },
                "--engines" => options with { Engines = [.. Value(word).Split(',').Select(Engine)] },
                "--program" => options with { Program = Path.GetFullPath(Value(word)) },
                "--out" => options with { Out = Path.GetFullPath(Value(word)) },
                "--backup" => options with { Backup = true },
                "--telemetry" => options with { Telemetry = true },
                "--overload" => options with { Overload = true },
                "--smoke" => options with { Effort = Effort.Smoke, Sizes = s_smokeSizes },
                _ => throw new ArgumentException($"There is no option {word}."),
            };
        }

        if (options.Engines.Contains("postgres") && postgres is null)
            throw new ArgumentException("PostgreSQL is asked for: set DB_HOST, DB_PORT, DB_USER and DB_PASSWORD, or run ./bench/run, which makes a server for the run.");
        return options with { Sizes = [.. options.Sizes.Distinct().Order()] };

        string Value(string option) => words.TryDequeue(out var value) ? value : throw new ArgumentException($"{option} needs a value.");
    }

    private static string Engine(string text) =>
        text is "sqlite" or "postgres" ? text : throw new ArgumentException($"There is no engine {text}: known are sqlite and postgres.");

    private static int Size(string text)
    {
        var (digits, unit) = text switch
        {
            [.. var thousands, 'k'] => (thousands, 1_000),
            [.. var millions, 'm'] => (millions, 1_000_000),
            _ => (text, 1),
        };
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100_000_000
            ? number * unit
            : throw new ArgumentException($"{text} is not a size: write a number, like 500, 1k or 1m.");
    }
}
