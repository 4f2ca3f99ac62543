using System.Runtime.CompilerServices;
using System.Text.Unicode;
using CsvHelper;
using Outlay.Expenses;
using Outlay.Export;

namespace Outlay.Import;

/// <summary>
/// Reads CSV with a header: UTF-8, cells quoted as RFC 4180 says, lines that end in LF, CR LF or CR. Takes what
/// <see cref="ExpenseCsvWriter"/> writes, and undoes its <see cref="FormulaGuard"/>.
/// </summary>
internal sealed class CsvImportReader : ImportReader
{
    private readonly CsvReader _csv;
    private readonly string _owner;
    private CsvColumns _columns = null!;
    private CsvMalformedRecord? _malformed;

    private CsvImportReader(Stream file, char separator, string owner)
    {
        _owner = owner;
        _csv = CsvReader.Create(file, new CsvReaderOptions
        {
            Separator = separator,
            MaxRecordSize = MaxRowSize,
            TrackLineNumbers = true,
            OnMalformedRecord = record => _malformed = record,
        });
    }

    public override IReadOnlyList<string> UnknownColumns => _columns.Unknown;

    /// <summary>Reads the header. Throws <see cref="ErrorCode.InvalidInput"/> when it does not name what is needed.</summary>
    public static async Task<CsvImportReader> OpenAsync(Stream file, char separator, string owner, CancellationToken token)
    {
        var reader = new CsvImportReader(file, separator, owner);
        try
        {
            await reader._csv.ReadHeaderAsync(token);
            reader._columns = new CsvColumns(reader._csv.Headers, separator);
            return reader;
        }
        catch (CsvFormatException e)
        {
            throw RowTooLong(e.LineNumber);
        }
    }

    public override async IAsyncEnumerable<ImportRow> ReadAsync([EnumeratorCancellation] CancellationToken token)
    {
        while (await NextAsync(token))
        {
            if (!IsBlank())
                yield return Row();
        }
    }

    public override ValueTask DisposeAsync() => _csv.DisposeAsync();

    private async ValueTask<bool> NextAsync(CancellationToken token)
    {
        try
        {
            return await _csv.ReadAsync(token);
        }
        catch (CsvFormatException e)
        {
            throw RowTooLong(e.LineNumber);
        }
    }

    private bool IsBlank() => _csv.FieldCount == 1 && !_csv.RawRecord.ContainsAnyExcept(" \t"u8);

    private ImportRow Row()
    {
        var line = _csv.LineNumber;
        if (!Utf8.IsValid(_csv.RawRecord))
            return ImportRow.Faulty(line, NotUtf8);
        if (_malformed is { } malformed && malformed.LineNumber == line && FaultOf(malformed.Reason) is { } fault)
            return ImportRow.Faulty(line, fault);
        if (_csv.FieldCount != _columns.Count)
            return ImportRow.Faulty(line, $"The row has {Plural.Of(_csv.FieldCount, "cell")}, the header names {Plural.Of(_columns.Count, "column")}: {(_csv.FieldCount > _columns.Count ? "a cell that holds the separator must stand in quotes" : "a cell without a value is left empty, not out")}");
        if (Text(_columns.DeletedAt) is { Length: > 0 })
            return ImportRow.Omitted(line, LeftOut.Trash);
        if (Text(_columns.Owner) is { Length: > 0 } owner && owner != _owner)
            return ImportRow.Omitted(line, LeftOut.OtherOwner);

        return ImportRow.Good(line, new ExpenseDraft
        {
            Date = _csv.GetString(_columns.Date),
            Description = Text(_columns.Description),
            Amount = _csv.GetString(_columns.Amount),
            Currency = Text(_columns.Currency),
            Category = Text(_columns.Category),
            Tags = Text(_columns.Tags) is { Length: > 0 } tags ? tags.Split(ExpenseRules.TagSeparator) : [],
            Notes = Text(_columns.Notes),
        });
    }

    /// <summary>A cell of text; null when the file has no such column.</summary>
    private string? Text(int column) => column < 0 ? null : FormulaGuard.Restore(_csv.GetString(column));

    /// <summary>A quote in the middle of a cell without quotes (<c>5" nail</c>) can only mean itself.</summary>
    private static string? FaultOf(CsvMalformedReason reason) => reason switch
    {
        CsvMalformedReason.UnterminatedQuote => "A quote is opened and not closed: close it, and write a quote within quotes twice",
        CsvMalformedReason.TextAfterClosingQuote => "There is text behind a closing quote: write a quote within quotes twice",
        _ => null,
    };
}
