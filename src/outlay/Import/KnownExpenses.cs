using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Import;

/// <summary>Where a row of a file was found.</summary>
internal enum KnownPlace
{
    None,
    Book,

    /// <summary>Somebody has deleted it.</summary>
    Trash,
}

/// <summary>
/// Finds the rows of a file that the book has already, so that a file can be imported twice, and one that overlaps another too.
/// It counts occurrences: of two equal coffees in the file, the first is known when the book has one, the second when it has two.
/// Equal are expenses of the same day, amount, currency and description, in capitals or not: what a bank says about a payment.
/// Category, tags and notes are what people add later. What somebody has put into the trash is found too: it was not wanted. What an
/// undo has left there never was in the book.
/// </summary>
/// <remarks>
/// The book is read once, from the first to the last day of the file. In memory are those of its expenses that no row has matched
/// yet, about 50 bytes each: none for the days of an import that brings something new, or everything again in the order of the book.
/// </remarks>
internal sealed class KnownExpenses(string owner)
{
    private readonly Dictionary<UInt128, int> _unmatched = [];
    private readonly Dictionary<UInt128, int> _deleted = [];
    private DateOnly _first = DateOnly.MaxValue;
    private DateOnly _last = DateOnly.MinValue;

    /// <summary>Makes ready for rows of some days: before any of them is recorded, or it would be taken for one that was there.</summary>
    public async Task LoadAsync(DbConnection connection, DateOnly first, DateOnly last, CancellationToken token)
    {
        if (_first > _last)
        {
            await ReadAsync(connection, first, last, token);
            (_first, _last) = (first, last);
            return;
        }

        // What lies between the days that were read is read too: so each day is read once, however the rows are ordered.
        if (first < _first)
            await ReadAsync(connection, first, _first.AddDays(-1), token);
        if (last > _last)
            await ReadAsync(connection, _last.AddDays(1), last, token);
        (_first, _last) = (first < _first ? first : _first, last > _last ? last : _last);
    }

    /// <summary>Where this row is already; what is found there counts for one row only.</summary>
    public KnownPlace Match(ExpenseContent row)
    {
        if (_unmatched.Count == 0 && _deleted.Count == 0)
            return KnownPlace.None;
        var identity = Identity(row.Date, row.Amount.Units, row.Amount.Currency.Code, row.Description);
        return Take(_unmatched, identity) ? KnownPlace.Book
            : Take(_deleted, identity) ? KnownPlace.Trash
            : KnownPlace.None;
    }

    private static bool Take(Dictionary<UInt128, int> expenses, UInt128 identity)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(expenses, identity);
        if (Unsafe.IsNullRef(ref count))
            return false;
        if (--count == 0)
            expenses.Remove(identity);
        return true;
    }

    private async Task ReadAsync(DbConnection connection, DateOnly from, DateOnly to, CancellationToken token)
    {
        await CountAsync(ExpenseStore.Identities(owner, from, to), _unmatched);
        await CountAsync(ExpenseStore.IdentitiesOfDeleted(owner, from, to), _deleted);

        async Task CountAsync(Sql sql, Dictionary<UInt128, int> expenses)
        {
            var identities = sql.EachAsync(
                connection, row => Identity(row.GetFieldValue<DateOnly>(0), row.GetInt64(1), row.GetString(2), row.GetString(3)), token);
            await foreach (var identity in identities)
                CollectionsMarshal.GetValueRefOrAddDefault(expenses, identity, out _)++;
        }
    }

    /// <summary>128 bits of a SHA-256: among a billion of expenses, two that differ do not share them.</summary>
    private static UInt128 Identity(DateOnly date, long amount, string currency, string description)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{date.DayNumber} {amount} {currency} {Label.Fold(description)}"), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
