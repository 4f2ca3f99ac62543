using Outlay.Expenses;
using Outlay.Reports;

namespace Outlay.Import;

/// <summary>
/// What an import did, or a dry run would have done; counted while it runs. Two threads count at once, each on its own: one what it
/// reads, the other what it records.
/// </summary>
internal sealed class ImportReport
{
    private readonly SortedDictionary<string, SummaryLine> _totals = new(StringComparer.Ordinal);

    /// <summary>The rows of the file, without its header and blank lines.</summary>
    public long Read { get; private set; }

    /// <summary>The rows that were recorded, or would have been.</summary>
    public long Imported { get; private set; }

    /// <summary>The rows that the book had already.</summary>
    public long Known { get; private set; }

    /// <summary>The rows that somebody has put into the trash.</summary>
    public long Deleted { get; private set; }

    /// <summary>The rows that break the rules.</summary>
    public long Invalid { get; private set; }

    /// <summary>The rows of a backup that belong to somebody else.</summary>
    public long OfOtherOwners { get; private set; }

    /// <summary>The rows of a backup that were in the trash.</summary>
    public long InTrash { get; private set; }

    /// <summary>What the imported expenses add up to in each currency, by its code.</summary>
    public IReadOnlyCollection<SummaryLine> Totals => _totals.Values;

    public void CountGood() => Read++;

    public void CountKnown(KnownPlace place)
    {
        if (place is KnownPlace.Trash)
            Deleted++;
        else
            Known++;
    }

    public void CountImported(ExpenseContent content)
    {
        Imported++;
        var currency = content.Amount.Currency;
        var line = _totals.GetValueOrDefault(currency.Code) ?? new SummaryLine(currency.Code, Money.Zero(currency), 0);
        _totals[currency.Code] = line with { Total = line.Total + content.Amount, Count = line.Count + 1 };
    }

    public void CountInvalid()
    {
        Read++;
        Invalid++;
    }

    public void CountLeftOut(LeftOut reason)
    {
        Read++;
        if (reason is LeftOut.Trash)
            InTrash++;
        else
            OfOtherOwners++;
    }
}
