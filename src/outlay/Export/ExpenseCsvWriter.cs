using CsvHelper;
using Outlay.Expenses;

namespace Outlay.Export;

/// <summary>
/// Writes expenses as CSV with a header: UTF-8 without a byte order mark, commas, quotes as RFC 4180 wants them, and lines
/// that end in LF, which every spreadsheet reads and every tool of a shell expects. Tags share one cell, with
/// <see cref="ExpenseRules.TagSeparator"/> between them. Text cells pass <see cref="FormulaGuard"/>.
/// </summary>
internal sealed class ExpenseCsvWriter : ExpenseWriter
{
    public const string MediaType = "text/csv";

    private static readonly string[] s_columns =
        ["id", "date", "description", "amount", "currency", "category", "tags", "notes", "version", "created_at", "updated_at"];

    private static readonly CsvWriterOptions s_options = new() { NewLine = "\n", BufferSize = BufferSize };

    private readonly CsvWriter _csv;

    /// <param name="output">Stays open when the writer is disposed of.</param>
    public ExpenseCsvWriter(Stream output)
        : this(output, s_columns)
    {
    }

    private ExpenseCsvWriter(Stream output, string[] columns)
    {
        _csv = CsvWriter.Create(output, s_options, leaveOpen: true);
        _csv.WriteHeader(columns);
    }

    /// <summary>A writer of every column, of every owner, the trash included: for <see cref="WriteBackupAsync"/>.</summary>
    public static ExpenseCsvWriter ForBackup(Stream output) => new(output, [.. s_columns, "owner", "deleted_at"]);

    public override ValueTask WriteAsync(Expense expense, CancellationToken token)
    {
        WriteColumns(expense);
        return EndRowAsync(token);
    }

    /// <summary>Writes a row of a backup.</summary>
    public ValueTask WriteBackupAsync(string owner, Expense expense, CancellationToken token)
    {
        WriteColumns(expense);
        _csv.WriteField(FormulaGuard.Defuse(owner));
        WriteTime(expense.DeletedAt);
        return EndRowAsync(token);
    }

    public override async ValueTask FlushAsync(CancellationToken token) => await _csv.FlushAsync(token);

    public override ValueTask DisposeAsync() => _csv.DisposeAsync();

    private void WriteColumns(Expense expense)
    {
        var content = expense.Content;
        _csv.WriteField(expense.Id);
        _csv.WriteField(content.Date);
        _csv.WriteField(FormulaGuard.Defuse(content.Description));
        _csv.WriteField(content.Amount.ToString());
        _csv.WriteField(content.Amount.Currency.Code);
        _csv.WriteField(content.Category is { } category ? FormulaGuard.Defuse(category.Text) : null);
        _csv.WriteField(FormulaGuard.Defuse(string.Join(ExpenseRules.TagSeparator, content.Tags)));
        _csv.WriteField(content.Notes is { } notes ? FormulaGuard.Defuse(notes) : null);
        _csv.WriteField(expense.Version);
        WriteTime(expense.CreatedAt);
        WriteTime(expense.UpdatedAt);
    }

    private void WriteTime(DateTimeOffset? time)
    {
        if (time is { } known)
            _csv.WriteField(known.UtcDateTime, TimeText.FormatForPrograms);
        else
            _csv.WriteField((string?)null);
    }

    private ValueTask EndRowAsync(CancellationToken token) => _csv.EndRecordAsync(token);
}
