using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Expenses;

/// <summary>The options that narrow a list, a summary or an export.</summary>
/// <param name="lastDay">The name of the option for the last day.</param>
internal sealed class FilterOptions(string lastDay = "--to")
{
    private readonly Dictionary<string, Option<string?>> _options = new()
    {
        ["from"] = Options.Text("--from", "DATE", $"The first day, included: {DateWords.Forms}. Default: no first day."),
        ["to"] = Options.Text(lastDay, "DATE", $"The last day, included: {DateWords.Forms}. Default: no last day."),
        ["category"] = Options.Text("--category", "NAME", $"Only this category; '{ExpenseContent.Uncategorised}' for those without one. Capitals make no difference."),
        ["tag"] = Options.Text("--tag", "NAME", "Only expenses with this tag. Capitals make no difference."),
        ["q"] = new("--search", "-q")
        {
            HelpName = "TEXT",
            Description = $"Only expenses whose description or notes contain this text, 1 to {ExpenseFilterRules.MaxTextLength} characters. Capitals make no difference.",
        },
        ["min"] = Options.Text("--min", "AMOUNT", "The smallest amount, included, in the currency of each expense. Default: no limit."),
        ["max"] = Options.Text("--max", "AMOUNT", "The largest amount, included, in the currency of each expense. Default: no limit."),
        ["currency"] = Options.Currency("Only expenses in this currency: a code of ISO 4217, like EUR."),
    };

    public void AddTo(Command command)
    {
        foreach (var option in _options.Values)
            command.Add(option);
    }

    /// <summary>Throws <see cref="ErrorCode.InvalidInput"/> with everything that is wrong.</summary>
    public ExpenseFilter Read(ParseResult parsed, TimeProvider clock)
    {
        var faults = new Faults();
        var filter = ExpenseFilterRules.Read(name => Value(name, parsed, clock, faults), faults, called: name => _options[name].Name);
        faults.ThrowIfAny();
        return filter;
    }

    private string? Value(string name, ParseResult parsed, TimeProvider clock, Faults faults)
    {
        var text = parsed.GetValue(_options[name]);
        return name is "from" or "to" ? DateWords.Resolve(text, clock, _options[name].Name, faults) : text;
    }
}
