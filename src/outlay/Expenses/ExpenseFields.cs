using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Expenses;

/// <summary>The options that fill in an expense, for <c>add</c> and <c>edit</c>.</summary>
internal sealed class ExpenseFields
{
    private readonly Option<string?> _category =
        Options.Text("--category", "NAME", $"What kind of expense it is, at most {ExpenseRules.MaxLabelLength} characters. Default: none.");

    private readonly Option<string[]> _tags = new("--tag")
    {
        HelpName = "NAME",
        Description = $"A tag, at most {ExpenseRules.MaxLabelLength} characters; repeat the option for more, at most {ExpenseRules.MaxTags}. Default: none.",
    };

    private readonly Option<string?> _currency =
        Options.Text("--currency", "CODE", "A code of ISO 4217, like EUR, USD or JPY. Default: your own currency (DEFAULT_CURRENCY).");

    private readonly Option<string?> _notes =
        Options.Text("--notes", "TEXT", $"Anything else worth knowing, at most {ExpenseRules.MaxNotesLength:N0} characters. Default: none.");

    public void AddTo(Command command)
    {
        command.Add(_category);
        command.Add(_tags);
        command.Add(_currency);
        command.Add(_notes);
    }

    /// <summary>Puts into the draft what was given; what was not given stays.</summary>
    public ExpenseDraft Apply(ExpenseDraft draft, ParseResult parsed) => draft with
    {
        Category = parsed.GetValue(_category) ?? draft.Category,
        Tags = parsed.GetValue(_tags) is { Length: > 0 } tags ? tags : draft.Tags,
        Currency = parsed.GetValue(_currency) ?? draft.Currency,
        Notes = parsed.GetValue(_notes) ?? draft.Notes,
    };
}
