using Outlay.Cli;
using Outlay.Export;

namespace Outlay.Expenses;

/// <summary>How expenses are written to stdout.</summary>
internal static class ExpenseOutput
{
    /// <summary>How much the names of fields take on a line, in cells.</summary>
    private const int FieldWidth = 13;

    private static readonly Column[] s_columns =
    [
        new("ID", Right: true), new("DATE"), new("AMOUNT", Right: true), new("CURRENCY"), new("CATEGORY", GivesWay: 2), new("TAGS", GivesWay: 1),
        new("DESCRIPTION"),
    ];

    /// <summary>Writes many expenses, at constant memory.</summary>
    public static async Task WriteAsync(CliContext cli, OutputFormat format, IAsyncEnumerable<Expense> expenses, CancellationToken token)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteArrayAsync(cli, expenses, ExpenseJson.Write, token);
                break;
            case OutputFormat.Csv:
                await using (var writer = ExpenseWriter.Over(cli.OutStream, ExportFormat.Csv))
                    await writer.WriteAllAsync(expenses, null, token);
                break;
            default:
                await WriteTableAsync(cli, expenses, token);
                break;
        }
    }

    /// <summary>Writes one expense with everything that is known about it, also when the verb was cancelled meanwhile: it may just have been stored.</summary>
    public static async Task WriteAsync(CliContext cli, OutputFormat format, Expense expense)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteAsync(cli, writer => ExpenseJson.Write(writer, expense));
                break;
            case OutputFormat.Csv:
                // It may just have been stored.
                await WriteAsync(cli, format, new[] { expense }.ToAsyncEnumerable(), CancellationToken.None);
                break;
            default:
                WriteFields(cli.Out, expense);
                break;
        }
    }

    /// <summary>Says, to a person, that nothing passes a filter, or that there is nothing at all: then perhaps it is another book than was meant.</summary>
    public static Task WriteNoneAsync(CliContext cli, ExpenseFilter filter, CancellationToken token)
    {
        var message = filter == new ExpenseFilter() ? $"There are no expenses in {cli.Database.Location}: {cli.ProgramName} add 3.50 Coffee records one."
            : filter == new ExpenseFilter { InTrash = true } ? "The trash is empty."
            : "There are no such expenses.";
        return cli.TellAsync(message);
    }

    /// <summary>One line: <c>12. 2026-02-19 - Coffee - 3.50 EUR</c>.</summary>
    public static string Line(Expense expense) => $"{expense.Id}. {Line(expense.Content)}";

    /// <summary>One line: <c>2026-02-19 - Coffee - 3.50 EUR</c>.</summary>
    public static string Line(ExpenseContent content) =>
        $"{ExpenseRules.FormatDate(content.Date)} - {PlainText.Line(content.Description)} - {content.Amount} {content.Amount.Currency}";

    private static async Task WriteTableAsync(CliContext cli, IAsyncEnumerable<Expense> expenses, CancellationToken token)
    {
        var table = new Table(cli, s_columns);
        await foreach (var expense in expenses.WithCancellation(token))
        {
            var content = expense.Content;
            table.Add($"{expense.Id}", ExpenseRules.FormatDate(content.Date), content.Amount.ToString(), content.Amount.Currency.Code,
                content.Category?.Text, Join(content.Tags), content.Description);
        }

        table.Flush();
    }

    private static void WriteFields(TextWriter output, Expense expense)
    {
        var content = expense.Content;
        WriteField(output, "id", $"{expense.Id}");
        WriteField(output, "date", ExpenseRules.FormatDate(content.Date));
        WriteField(output, "description", PlainText.Line(content.Description));
        WriteField(output, "amount", $"{content.Amount} {content.Amount.Currency}");
        WriteField(output, "category", content.Category?.Text);
        WriteField(output, "tags", Join(content.Tags));
        WriteField(output, "notes", content.Notes?.ReplaceLineEndings($"{Environment.NewLine}{"",FieldWidth}"));
        WriteField(output, "version", $"{expense.Version}");
        WriteField(output, "created", TimeText.ForPeople(expense.CreatedAt));
        WriteField(output, "updated", TimeText.ForPeople(expense.UpdatedAt));
    }

    private static void WriteField(TextWriter output, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            output.WriteLine($"{name,-FieldWidth}{value}");
    }

    private static string Join(IReadOnlyList<Label> tags) => string.Join(", ", tags);
}
