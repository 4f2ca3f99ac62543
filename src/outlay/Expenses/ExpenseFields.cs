using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Expenses;

/// <summary>The options that <c>add</c> and <c>edit</c> share.</summary>
/// <param name="stays">Whether a field that is not named keeps what it is, instead of a default.</param>
internal sealed class ExpenseFields(bool stays)
{
    public Option<string?> Category { get; } = Options.Text("--category", "NAME",
        $"What kind of expense it is, at most {ExpenseRules.MaxLabelLength} characters. {Default(stays, "none")}");

    public Option<string[]> Tags { get; } = new("--tag")
    {
        HelpName = "NAME",
        Description = $"A tag, at most {ExpenseRules.MaxLabelLength} characters; repeat the option for more, up to {ExpenseRules.MaxTags}. {Default(stays, "none")}",
    };

    public Option<string?> Notes { get; } = Options.Text("--notes", "TEXT",
        $"Anything else worth knowing, at most {ExpenseRules.MaxNotesLength:N0} characters. {Default(stays, "none")}");

    private readonly Option<string?> _currency = Options.Currency(
        $"A code of ISO 4217, like EUR, USD or JPY. {Default(stays, "your own currency (DEFAULT_CURRENCY)")}");

    public IReadOnlyList<Option> All => [Category, Tags, _currency, Notes];

    /// <summary>Puts into the draft what was given; what was not given stays.</summary>
    public ExpenseDraft Apply(ExpenseDraft draft, ParseResult parsed) => draft with
    {
        Category = parsed.GetValue(Category) ?? draft.Category,
        Tags = parsed.GetValue(Tags) is { Length: > 0 } tags ? tags : draft.Tags,
        Currency = parsed.GetValue(_currency) ?? draft.Currency,
        Notes = parsed.GetValue(Notes) ?? draft.Notes,
    };

    private static string Default(bool stays, string value) => stays ? "Default: it stays." : $"Default: {value}.";
}
