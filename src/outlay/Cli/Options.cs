using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Outlay.Cli;

/// <summary>How data is written to stdout.</summary>
internal enum OutputFormat
{
    /// <summary>Aligned columns, for a person.</summary>
    Table,

    /// <summary>The same form as over HTTP.</summary>
    Json,

    Csv,
}

/// <summary>The options and arguments that several verbs take.</summary>
internal static class Options
{
    /// <summary>The verb that shows the ids of what counts.</summary>
    private const string List = "outlay list";

    private const string Expense = "an expense";

    public static Option<OutputFormat> Output() =>
        Choice("--output", "How to write the data: table, json or csv. Default: table.",
            ("table", OutputFormat.Table), ("json", OutputFormat.Json), ("csv", OutputFormat.Csv));

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do it without asking. Default: ask on a terminal." };

    public static Option<string?> Owner(string description) => Text("--owner", "NAME", description);

    public static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    /// <summary>An address, of http or https.</summary>
    public static Option<Uri?> Url(string name, string description) => new(name)
    {
        HelpName = "URL",
        Description = description,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                return url;
            result.AddError($"{name} is '{result.Tokens[0].Value}': use an address like http://127.0.0.1:8000.");
            return null;
        },
    };

    /// <summary>Refuses a text that does not pass.</summary>
    /// <param name="cure">What to write instead.</param>
    public static Option<string?> MustBe(this Option<string?> option, Predicate<string> passes, string cure)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !passes(text))
                result.AddError($"{option.Name} is '{text}': {cure}.");
        });
        return option;
    }

    public static Argument<long> Id() => Id("The id of the expense, a whole number, as outlay list shows it.", Expense, List);

    /// <param name="of">What it is the number of.</param>
    /// <param name="shownBy">The verb that shows these numbers.</param>
    public static Argument<long> Id(string description, string of, string shownBy) =>
        new("ID") { Description = description, CustomParser = result => ParseId(result, result.Tokens[0], of, shownBy) };

    /// <param name="shownBy">The verb that shows these ids.</param>
    public static Argument<long[]> Ids(string shownBy = List) => Ids($"The ids of the expenses, whole numbers, as {shownBy} shows them.", Expense, shownBy);

    /// <summary>One number or more, each once.</summary>
    /// <param name="of">What they are the numbers of.</param>
    /// <param name="shownBy">The verb that shows these numbers.</param>
    public static Argument<long[]> Ids(string description, string of, string shownBy) => new("ID")
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => ParseId(result, token, of, shownBy)).Distinct()],
    };

    /// <summary>A number and a unit, like 500ms, 5s or 1m.</summary>
    /// <param name="min">As people write it.</param>
    /// <param name="max">As people write it.</param>
    public static Option<TimeSpan?> Duration(string name, string description, string min, string max) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        CustomParser = result =>
        {
            if (DurationText.TryParse(result.Tokens[0].Value, out var duration) && DurationText.TryParse(min, out var least) && DurationText.TryParse(max, out var most)
                && duration >= least && duration <= most)
                return duration;
            result.AddError($"{name} is '{result.Tokens[0].Value}': use a number and a unit, from {min} to {max}.");
            return null;
        },
    };

    /// <summary>A code of ISO 4217.</summary>
    public static Option<string?> Currency(string description)
    {
        var option = Text("--currency", "CODE", description);
        option.CompletionSources.Add([.. Expenses.Currency.All.Select(currency => currency.Code).Order(StringComparer.Ordinal)]);
        return option;
    }

    /// <summary>Makes a shell complete the names of files: folders end with a slash.</summary>
    public static Argument<T> WithFiles<T>(this Argument<T> argument)
    {
        argument.CompletionSources.Add(context => Files(context.WordToComplete));
        // Without it, help would show the files that are there now.
        argument.HelpName = argument.Name;
        return argument;
    }

    /// <summary>As the other.</summary>
    public static Option<T> WithFiles<T>(this Option<T> option)
    {
        option.CompletionSources.Add(context => Files(context.WordToComplete));
        return option;
    }

    /// <summary>The files and folders that begin like this.</summary>
    public static IEnumerable<CompletionItem> Files(string start)
    {
        var folder = start[..(start.LastIndexOf('/') + 1)];
        try
        {
            return
            [
                .. new DirectoryInfo(folder.Length == 0 ? "." : folder).EnumerateFileSystemInfos($"{start[folder.Length..]}*")
                    .Where(entry => !entry.Name.StartsWith('.') || start.Length > folder.Length)
                    .Select(entry => new CompletionItem($"{folder}{entry.Name}{(entry is DirectoryInfo ? "/" : "")}")),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is no such folder, or nobody may look into it: then there is nothing to suggest.
            return [];
        }
    }

    /// <summary>A whole number within a range.</summary>
    public static Option<long?> Number(string name, string helpName, string description, long min, long max) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = result =>
        {
            if (TryParseNumber(result.Tokens[0].Value, out var number) && number >= min && number <= max)
                return number;
            var range = max == long.MaxValue ? $"from {min}" : $"from {min} to {max}";
            result.AddError($"{name} is '{result.Tokens[0].Value}': use a whole number {range}.");
            return null;
        },
    };

    /// <summary>One of a few words; the default of <typeparamref name="T"/> when none is given.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Text, T Value)[] choices)
    {
        var words = Array.ConvertAll(choices, choice => choice.Text);
        var option = new Option<T?>(name)
        {
            HelpName = string.Join('|', words),
            Description = description,
            CustomParser = result =>
            {
                foreach (var choice in choices)
                {
                    if (string.Equals(choice.Text, result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase))
                        return choice.Value;
                }

                result.AddError($"{name} is '{result.Tokens[0].Value}': use one of {string.Join(", ", words)}.");
                return default;
            },
        };
        // Instead of the names that the type would suggest.
        option.CompletionSources.Clear();
        option.CompletionSources.Add(words);
        return option;
    }

    private static long ParseId(ArgumentResult result, Token token, string of, string shownBy)
    {
        if (TryParseNumber(token.Value, out var id) && id > 0)
            return id;
        result.AddError($"'{token.Value}' is not the id of {of}: give a whole number, as {shownBy} shows it.");
        return 0;
    }

    private static bool TryParseNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
