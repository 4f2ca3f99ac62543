using System.CommandLine;
using System.CommandLine.Parsing;
using Outlay.Cli;

namespace Outlay.Expenses;

/// <summary>The options of <c>edit</c>: a new value for any field, and the ones that clear a field.</summary>
internal sealed class ExpenseChanges
{
    private readonly ExpenseFields _fields = new(stays: true);
    private readonly Option<string?> _date = Options.Text("--date", "DATE", $"When: {DateWords.Forms}. Default: it stays.");
    private readonly Option<string?> _amount = Options.Text("--amount", "AMOUNT", "How much, greater than 0, with a point before the decimals: 3.50. Default: it stays.");
    private readonly Option<string?> _description = Options.Text("--description", "TEXT", $"What for, 1 to {ExpenseRules.MaxDescriptionLength} characters. Default: it stays.");
    private readonly Option<bool> _noCategory = new("--no-category") { Description = "Take the category away." };
    private readonly Option<bool> _noTags = new("--no-tags") { Description = "Take all tags away; --tag replaces them all." };
    private readonly Option<bool> _noNotes = new("--no-notes") { Description = "Take the notes away." };

    private IReadOnlyList<Option> All => [_date, _amount, _description, .. _fields.All, _noCategory, _noTags, _noNotes];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
        command.Validators.Add(Validate);
    }

    public ExpenseDraft Apply(ExpenseDraft draft, ParseResult parsed, TimeProvider clock)
    {
        var cleared = draft with
        {
            Category = parsed.GetValue(_noCategory) ? null : draft.Category,
            Tags = parsed.GetValue(_noTags) ? [] : draft.Tags,
            Notes = parsed.GetValue(_noNotes) ? null : draft.Notes,
        };
        var misread = new Faults();
        return _fields.Apply(cleared, parsed) with
        {
            Date = DateWords.Resolve(parsed.GetValue(_date), clock, "date", misread) ?? draft.Date,
            Amount = parsed.GetValue(_amount) ?? draft.Amount,
            Description = parsed.GetValue(_description) ?? draft.Description,
            Misread = misread,
        };
    }

    private void Validate(CommandResult result)
    {
        var hasId = result.Children.OfType<ArgumentResult>().Any(id => id.Tokens.Count > 0);
        if (hasId && !All.Any(option => IsGiven(result, option)))
            result.AddError("Nothing to change: name at least one field, like --amount 4.20.");
        foreach (var (value, clear) in new (Option, Option)[] { (_fields.Category, _noCategory), (_fields.Tags, _noTags), (_fields.Notes, _noNotes) })
        {
            if (IsGiven(result, value) && IsGiven(result, clear))
                result.AddError($"{value.Name} and {clear.Name} exclude each other.");
        }
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
