using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Outlay.Tests.Harness;

namespace Outlay.Tests;

/// <summary>The rules of the code that no analyzer keeps.</summary>
public sealed partial class ArchitectureTests
{
    private const int MaxLines = 350;

    private static readonly HashSet<string> s_clocks =
    [
        "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today",
        "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
        "System.Diagnostics.Stopwatch.GetTimestamp", "System.Diagnostics.Stopwatch.StartNew", "System.Diagnostics.Stopwatch..ctor",
        "System.Environment.get_TickCount", "System.Environment.get_TickCount64",
    ];

    private static readonly HashSet<OpCode> s_floats =
        [OpCodes.Ldc_R4, OpCodes.Ldc_R8, OpCodes.Conv_R4, OpCodes.Conv_R8, OpCodes.Conv_R_Un];

    [Fact]
    public void Time_comes_only_from_a_TimeProvider() => NoInstruction(
        instruction => s_clocks.Contains(instruction.Member),
        "Take a TimeProvider and ask it, so that a test can set the clock.");

    [Fact]
    public void Only_the_CLI_uses_the_console() => NoInstruction(
        instruction => instruction.Member.StartsWith("System.Console.", StringComparison.Ordinal) &&
            !instruction.File.StartsWith("Cli/", StringComparison.Ordinal) && instruction.File != "Program.cs",
        "Return the result, throw an AppException or log it: only Cli/ writes to the console.");

    [Fact]
    public void The_environment_is_read_in_one_place_and_what_it_says_comes_from_the_settings()
    {
        string[] ownNames = ["NO_COLOR", "TERM", "OUTLAY_COMMAND"];
        NoInstruction(instruction => EnvironmentRead().IsMatch(instruction.Member) && instruction.File != "Cli/CliContext.cs",
            "Make it a setting: Settings.cs reads it through a SettingsSource, and config shows it.");
        NoInstruction(instruction => ownNames.Contains(instruction.Text) && instruction.File is not ("Settings.cs" or "SettingsSource.cs"),
            "Ask the Settings for what it means.");
    }

    [Fact]
    public void Random_identifiers_are_version_7() => NoInstruction(
        instruction => instruction.Member == "System.Guid.NewGuid",
        "Use Guid.CreateVersion7: it sorts by time.");

    [Fact]
    public void SQL_is_written_only_in_stores_and_storage() => NoInstruction(
        instruction => instruction.Text is { } text && Statement().IsMatch(text) && !MayHoldSql(instruction.File),
        "Move the statement into the store of the feature (*Store.cs).");

    [Fact]
    public void Money_is_never_a_binary_float()
    {
        NoInstruction(instruction => instruction.File.StartsWith("Expenses/", StringComparison.Ordinal) && s_floats.Contains(instruction.Code),
            "Count minor units (Money), or use decimal.");
        NoLine(file => file.StartsWith("Expenses/", StringComparison.Ordinal), Float(), "Count minor units (Money), or use decimal.");
    }

    [Fact]
    public void Only_the_classes_of_an_engine_name_it() => NoLine(
        file => !EngineFile().IsMatch(file), EngineName(),
        "Make it a member of Storage/Database.cs, which Storage/SqliteDatabase.cs and Storage/PostgresDatabase.cs implement.");

    [Fact]
    public void Features_know_nothing_of_hosting() => NoLine(
        file => Feature().IsMatch(file), Hosting(),
        "Let Hosting/ or App.cs call the feature, or pass in what it needs.");

    [Fact]
    public void A_token_that_is_not_passed_on_says_why()
    {
        // A loop over a sequence that was given its token before passes a default one: it comes two instructions before the call.
        var uses = ProductCode.Instructions.Zip(ProductCode.Instructions.Skip(2))
            .Where(pair => !pair.Second.Member.EndsWith(".GetAsyncEnumerator", StringComparison.Ordinal))
            .Select(pair => pair.First);
        Report(
            uses.Where(IsTokenOfNobody).Where(use => !IsComment(use.File, use.Line - 1)).Select(use => use.Place),
            "Pass the caller's token on, or say in a comment on the line above why this must not be cancelled.");
    }

    [Fact]
    public void A_token_is_a_required_parameter()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var optional = typeof(Settings).Assembly.GetTypes()
            // An async iterator gets such a parameter from the compiler.
            .Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute)))
            .SelectMany(type => type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            .Where(method => method.GetParameters().Any(parameter => parameter.ParameterType == typeof(CancellationToken) && parameter.IsOptional))
            .Select(method => $"{method.DeclaringType}.{method.Name}");

        Report(optional, "Remove the default value: a caller that forgets the token must not compile.");
    }

    [Fact]
    public void Secrets_are_compared_in_constant_time()
    {
        string[] files = ["Access/KeySecret.cs", "Access/KeyRing.cs", "Http/Credentials.cs", "Hosting/Authentication.cs"];
        const string Same = "Outlay.Access.KeySecret.AreSame";
        NoInstruction(instruction => files.Contains(instruction.File) && Comparison().IsMatch(instruction.Member),
            "Compare secrets with KeySecret.AreSame: any other comparison tells by its time how much of a guess was right.");
        Assert.Contains(ProductCode.Instructions, instruction => instruction is { File: "Access/KeySecret.cs", Member: "System.Security.Cryptography.CryptographicOperations.FixedTimeEquals" });
        Assert.All(files[1..^1], file => Assert.Contains(ProductCode.Instructions, instruction => instruction.File == file && instruction.Member == Same));
    }

    [Fact]
    public void A_pattern_that_meets_input_ends_after_a_bounded_work()
    {
        // These read the program's own text, or a setting.
        string[] trusted = ["Backup/S3Settings.cs", "Cli/CliContext.cs", "Storage/SqlName.cs"];
        NoInstruction(instruction => instruction.Member.StartsWith("System.Text.RegularExpressions.Regex..ctor", StringComparison.Ordinal),
            "Write the pattern as a [GeneratedRegex], where it can be seen.");
        NoLine(file => !trusted.Contains(file), OpenPattern(),
            "Give each repetition a bound, like {1,64}, or take the text apart without a pattern: some input would make it try for ever.");
    }

    [Fact]
    public void Files_are_short()
    {
        string[] folders = ["src", "tests", "bench"];
        var files = folders.SelectMany(
            folder => Directory.EnumerateFiles(Path.Combine(ProductCode.Root, folder), "*.cs", SearchOption.AllDirectories));
        var tooLong = files.Select(file => (file, Lines: File.ReadLines(file).Count())).Where(entry => entry.Lines > MaxLines)
            .Select(entry => $"{Path.GetRelativePath(ProductCode.Root, entry.file)} has {entry.Lines} lines");

        Report(tooLong, $"Split it along its ideas: a file has at most {MaxLines} lines.");
    }

    private static bool MayHoldSql(string file) =>
        file.EndsWith("Store.cs", StringComparison.Ordinal) || file.StartsWith("Storage/", StringComparison.Ordinal) ||
        file is "Import/OriginalBook.cs" or "Expenses/ExpenseFilter.cs";

    private static bool IsTokenOfNobody(Instruction instruction) =>
        instruction.Member == "System.Threading.CancellationToken.get_None" ||
        (instruction.Code == OpCodes.Initobj && instruction.Member == "System.Threading.CancellationToken");

    private static bool IsComment(string file, int line) =>
        line > 0 && ProductCode.Lines(file)[line - 1].TrimStart().StartsWith("//", StringComparison.Ordinal);

    private static void NoInstruction(Predicate<Instruction> isForbidden, string cure) =>
        Report(ProductCode.Instructions.Where(instruction => isForbidden(instruction))
            .Select(instruction => $"{instruction.Place} {instruction.Member}{instruction.Text}"), cure);

    private static void NoLine(Predicate<string> isMeant, Regex forbidden, string cure) =>
        Report(
            from file in ProductCode.Files
            where isMeant(file)
            from entry in ProductCode.Lines(file).Select((text, index) => (Text: text.Trim(), Number: index + 1))
            where !entry.Text.StartsWith("//", StringComparison.Ordinal) && forbidden.IsMatch(entry.Text)
            select $"{file}:{entry.Number} {entry.Text}", cure);

    private static void Report(IEnumerable<string> findings, string cure)
    {
        var all = findings.Distinct().ToList();
        if (all.Count > 0)
            Assert.Fail($"{string.Join('\n', all)}\n{cure}");
    }

    [GeneratedRegex(
        @"\b(select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|(create|drop|alter)\s+(table|index|sequence)\s|pragma\s\w)",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Statement();

    [GeneratedRegex(@"^System\.Environment\.(GetEnvironmentVariables?|ExpandEnvironmentVariables)$")]
    private static partial Regex EnvironmentRead();

    [GeneratedRegex(@"\b(float|double|Half|Single|Double)\b")]
    private static partial Regex Float();

    [GeneratedRegex(@"\.(op_Equality|op_Inequality|Equals|SequenceEqual|Compare\w*)$")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"\[GeneratedRegex\(.*([*+]|\{[0-9]+,\})")]
    private static partial Regex OpenPattern();

    [GeneratedRegex(@"^Storage/(Sqlite|Postgres)\w+\.cs$")]
    private static partial Regex EngineFile();

    [GeneratedRegex(@"\b(Npgsql\w*|SQLitePCL|Microsoft\.Data\.Sqlite)\b")]
    private static partial Regex EngineName();

    [GeneratedRegex("^(Expenses|History|Reports|Import|Export|Backup|Trash)/")]
    private static partial Regex Feature();

    // Inside the namespace Outlay, the short name is enough.
    [GeneratedRegex(@"\busing Outlay\.Hosting\b|(?<![\w.])(Outlay\.)?Hosting\.")]
    private static partial Regex Hosting();
}
