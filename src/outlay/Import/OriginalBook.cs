using System.Data.Common;
using Outlay.Access;
using Outlay.Expenses;
using Outlay.Reports;
using Outlay.Storage;

namespace Outlay.Import;

/// <summary>
/// A database of the original system: a table <c>expenses(id, date, description, amount)</c>, in later versions with an
/// <c>owner</c>, and perhaps <c>api_keys</c>. It is taken over in place: ids, owners and amounts are kept, and the old
/// tables stay beside the new ones under other names.
/// </summary>
internal sealed class OriginalBook
{
    private const string Table = "original_expenses";

    /// <summary>How many bad rows are named before the message only counts them.</summary>
    private const int MaxNamed = 20;

    private static readonly string[] s_columns = ["id", "date", "description", "amount"];

    private readonly string _owner;
    private readonly long _lastId;

    private OriginalBook(bool hasOwners, long lastId)
    {
        _owner = hasOwners ? "coalesce(owner, 'default')" : "'default'";
        _lastId = lastId;
    }

    /// <summary>
    /// Renames the tables of the original system; null if there are none. Throws <see cref="ErrorCode.SchemaMismatch"/>
    /// for a table of the same name that is another program's.
    /// </summary>
    public static async Task<OriginalBook?> SetAsideAsync(Database database, DbConnection connection, CancellationToken token)
    {
        var columns = await database.ColumnsAsync(connection, "expenses", token);
        if (columns.Count == 0)
            return null;
        if (!s_columns.All(columns.Contains))
            throw new AppException(ErrorCode.SchemaMismatch,
                $"{database.Location} has a table expenses of another program. Give Outlay a database of its own, or rename that table.");
        var lastId = await database.SetAsideAsync(connection, "expenses", Table, token);
        if ((await database.ColumnsAsync(connection, "api_keys", token)).Count > 0)
            await database.SetAsideAsync(connection, "api_keys", "original_api_keys", token);
        return new OriginalBook(columns.Contains("owner"), lastId);
    }

    /// <summary>
    /// Copies every expense into the new tables, at constant memory. Throws <see cref="ErrorCode.SchemaMismatch"/> that names
    /// the rows that break the rules; nothing is changed then.
    /// </summary>
    /// <param name="currency">What the amounts are in: the original knew no currencies.</param>
    /// <param name="now">The time of creation that the expenses get: the original kept none.</param>
    /// <returns>How many expenses there were.</returns>
    public async Task<long> TakeOverAsync(
        Database database, DbConnection connection, Currency currency, DateTimeOffset now, CancellationToken token)
    {
        await new Sql($"insert into owners (name) select distinct {_owner} from {Table} where {_owner} <> 'default' and length({_owner}) between 1 and {OwnerService.MaxNameLength}").ExecuteAsync(connection, token);

        var faulty = new List<string>();
        var changes = new Dictionary<string, TotalsChange>();
        var count = 0L;
        for (var batch = await ReadAsync(connection, long.MinValue, token); batch.Count > 0; batch = await ReadAsync(connection, batch[^1].Id, token))
        {
            count += batch.Count;
            foreach (var rows in batch.GroupBy(row => row.Owner))
            {
                var good = rows.Select(row => (row.Id, Content: Check(row, currency, faulty))).Where(row => row.Content is not null).ToList();
                await ExpenseStore.InsertManyAsync(
                    database, connection, rows.Key, [.. good.Select(row => row.Id)], [.. good.Select(row => row.Content!)], now, token);
                var change = changes.TryGetValue(rows.Key, out var known) ? known : changes[rows.Key] = new TotalsChange();
                good.ForEach(row => change.Add(row.Content!));
            }
        }

        if (faulty.Count > 0)
            throw new AppException(ErrorCode.SchemaMismatch,
                $"{faulty.Count} of {Plural.Of(count, "expense")} of the original in {database.Location} {Plural.Verb(faulty.Count, "breaks", "break")} the rules; nothing was changed. " +
                $"Correct them in the table expenses and start again:{string.Concat(faulty.Take(MaxNamed).Select(fault => $"{Environment.NewLine}  {fault}"))}");
        foreach (var (owner, change) in changes)
            await TotalsStore.ApplyAsync(connection, owner, change, token);
        await database.SkipIdsAsync(connection, "expenses", _lastId, token);
        return count;
    }

    private Task<List<Row>> ReadAsync(DbConnection connection, long after, CancellationToken token) =>
        new Sql($"select cast(id as bigint), {_owner}, cast(date as text), description, cast(amount as text) from {Table} where id > @after order by id limit @size")
            .With("@after", after).With("@size", ExpenseService.BatchSize)
            .ListAsync(connection, row => new Row(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4)), token);

    private static ExpenseContent? Check(Row row, Currency currency, List<string> faulty)
    {
        var faults = new Faults();
        if (OwnerService.Check(row.Owner, faults) != row.Owner)
            faults.Add("owner", "The name of an owner cannot begin or end with a space");
        var draft = new ExpenseDraft { Date = row.Date, Description = row.Description, Amount = WithoutSpareZeros(row.Amount) };
        if (ExpenseRules.Check(draft, currency, faults) is { } content && faults.Count == 0)
            return content;
        faulty.Add($"id {row.Id}: {faults}");
        return null;
    }

    /// <summary>The original wrote two decimals whatever the currency was: <c>1200.00</c> of a currency that has none is 1200.</summary>
    private static string WithoutSpareZeros(string amount) => amount.Contains('.') ? amount.TrimEnd('0').TrimEnd('.') : amount;

    private sealed record Row(long Id, string Owner, string Date, string Description, string Amount);
}
