using System.Data.Common;
using Outlay.Storage;

namespace Outlay.Expenses;

/// <summary>Every SQL statement about single expenses and lists of them: one text for both engines. Whoever asks for expenses names their owner.</summary>
internal static class ExpenseStore
{
    /// <summary>The columns that <c>Read</c> takes, in its order.</summary>
    private const string Select =
        """
        select e.id, e.date, e.description, e.amount, e.currency, e.category, e.notes, e.version, e.created_at, e.updated_at, e.deleted_at,
               (select string_agg(t.tag, ';' order by t.tag_key) from expense_tags t where t.expense_id = e.id)
        from expenses e
        """;

    private static readonly string[] s_columns =
    [
        "id", "owner", "date", "description", "amount", "currency", "category", "category_key", "notes", "search_text",
        "version", "created_at", "updated_at",
    ];

    /// <summary>
    /// Keeps an expense from changing until the transaction ends. A statement of its own: one that waits for the lock and reads
    /// at once would see the tags of before the wait.
    /// </summary>
    /// <param name="forUpdate">How the engine is told: <see cref="Database.ForUpdate"/>.</param>
    public static Task LockAsync(DbConnection connection, string owner, long id, string forUpdate, CancellationToken token) =>
        new Sql($"select id from expenses where owner = @owner and id = @id{forUpdate}").With("@owner", owner).With("@id", id)
            .ExecuteAsync(connection, token);

    public static Task<Expense?> FindAsync(DbConnection connection, string owner, long id, CancellationToken token) =>
        new Sql($"{Select} where e.owner = @owner and e.id = @id").With("@owner", owner).With("@id", id)
            .FirstAsync(connection, Read, token);

    /// <summary>Newest first, from behind a place in the list when one is given.</summary>
    public static Sql List(string owner, ExpenseFilter filter, ExpenseCursor? after = null, int? limit = null)
    {
        var sql = filter.ApplyTo(new Sql(Select), owner);
        if (after is { } place)
            sql.Append(" and (e.date, e.id) < (@afterDate, @afterId)").With("@afterDate", place.Date).With("@afterId", place.Id);
        sql.Append(" order by e.date desc, e.id desc");
        return limit is null ? sql : sql.Append(" limit @limit").With("@limit", limit.Value);
    }

    /// <summary>Oldest first, as they were recorded: an import of them keeps their order.</summary>
    public static Sql Export(string owner, ExpenseFilter filter) =>
        filter.ApplyTo(new Sql(Select), owner).Append(" order by e.date, e.id");

    /// <summary>All that is stored, the trash included, of every owner.</summary>
    public static Sql Everything() => Beside("e.owner", "order by e.owner, e.date, e.id");

    /// <summary>All expenses (<c>e</c>), the trash included, of every owner, behind other columns.</summary>
    /// <param name="columns">What comes before the columns that <see cref="Read(DbDataReader, int)"/> takes.</param>
    /// <param name="rest">What is joined, and the conditions and the order.</param>
    public static Sql Beside(string columns, string rest) =>
        new($"{Select.Replace("select e.id,", $"select {columns}, e.id,", StringComparison.Ordinal)} {rest}");

    /// <summary>What tells the expenses of some days apart: date, amount, currency and description.</summary>
    public static Sql Identities(string owner, DateOnly from, DateOnly to) =>
        new ExpenseFilter { From = from, To = to }.ApplyTo(new Sql("select e.date, e.amount, e.currency, e.description from expenses e"), owner);

    /// <summary>The same of what somebody has put into the trash; not of what an undo has left there.</summary>
    public static Sql IdentitiesOfDeleted(string owner, DateOnly from, DateOnly to) =>
        new ExpenseFilter { From = from, To = to, InTrash = true }.ApplyTo(new Sql("select e.date, e.amount, e.currency, e.description from expenses e"), owner).Append(
            """
             and not exists (select 1 from history h join changes c on c.id = h.change_id
                where h.expense_id = e.id and h.version = e.version and c.action = 'undo')
            """);

    public static async Task<long> InsertAsync(DbConnection connection, string owner, ExpenseContent content, DateTimeOffset now, CancellationToken token)
    {
        var id = await Content(new Sql(
            """
            insert into expenses (owner, date, description, amount, currency, category, category_key, notes, search_text, version, created_at, updated_at)
            values (@owner, @date, @description, @amount, @currency, @category, @categoryKey, @notes, @searchText, 1, @now, @now)
            returning id
            """), owner, content).With("@now", now).ScalarAsync<long>(connection, token);
        await InsertTagsAsync(connection, id, content.Tags, token);
        return id;
    }

    public static async Task UpdateAsync(
        DbConnection connection, string owner, long id, ExpenseContent content, DateTimeOffset now, CancellationToken token)
    {
        await Content(new Sql(
            """
            update expenses set date = @date, description = @description, amount = @amount, currency = @currency, category = @category,
                category_key = @categoryKey, notes = @notes, search_text = @searchText, version = version + 1, updated_at = @now
            where owner = @owner and id = @id
            """), owner, content).With("@id", id).With("@now", now).ExecuteAsync(connection, token);
        await new Sql("delete from expense_tags where expense_id = @id").With("@id", id).ExecuteAsync(connection, token);
        await InsertTagsAsync(connection, id, content.Tags, token);
    }

    /// <summary>Puts an expense into the trash, or takes it out.</summary>
    public static Task SetDeletedAsync(
        DbConnection connection, string owner, long id, DateTimeOffset? deletedAt, DateTimeOffset now, CancellationToken token) =>
        new Sql($"update expenses set deleted_at = {(deletedAt is null ? "null" : "@now")}, version = version + 1, updated_at = @now where owner = @owner and id = @id")
            .With("@owner", owner).With("@id", id).With("@now", now).ExecuteAsync(connection, token);

    /// <summary>Inserts many new expenses, under ids that were reserved for them, in the same order.</summary>
    public static async Task InsertManyAsync(
        Database database, DbConnection connection, string owner, IReadOnlyList<long> ids, IReadOnlyList<ExpenseContent> contents,
        DateTimeOffset now, CancellationToken token)
    {
        await database.BulkInsertAsync(connection, "expenses", s_columns, ids.Zip(contents), (row, expense) =>
        {
            var (id, content) = expense;
            row.Add(id);
            row.Add(owner);
            row.Add(content.Date);
            row.Add(content.Description);
            row.Add(content.Amount.Units);
            row.Add(content.Amount.Currency.Code);
            row.Add(content.Category?.Text);
            row.Add(content.CategoryKey);
            row.Add(content.Notes);
            row.Add(content.SearchText);
            row.Add(1);
            row.Add(now);
            row.Add(now);
        }, token);
        var tags = ids.Zip(contents).SelectMany(expense => expense.Second.Tags.Select(tag => (Id: expense.First, Tag: tag)));
        await database.BulkInsertAsync(connection, "expense_tags", ["expense_id", "tag_key", "tag"], tags, (row, entry) =>
        {
            row.Add(entry.Id);
            row.Add(entry.Tag.Key);
            row.Add(entry.Tag.Text);
        }, token);
    }

    /// <summary>The currency that an owner has chosen; null when none was chosen.</summary>
    public static async Task<Currency?> OwnerCurrencyAsync(DbConnection connection, string owner, CancellationToken token)
    {
        var code = await new Sql("select currency from owners where name = @owner and currency is not null").With("@owner", owner)
            .FirstAsync(connection, row => row.GetString(0), token);
        return code is null ? null : Currency.Of(code);
    }

    public static Expense Read(DbDataReader row) => Read(row, 0);

    /// <summary>Reads a row of <see cref="Everything"/>.</summary>
    public static (string Owner, Expense Expense) ReadOwned(DbDataReader row) => (row.GetString(0), Read(row, 1));

    /// <summary>Reads an expense from the columns that begin at <paramref name="first"/>.</summary>
    public static Expense Read(DbDataReader row, int first) => new(
        row.GetInt64(first),
        ReadContent(row, first),
        row.GetInt64(first + 7),
        row.GetFieldValue<DateTimeOffset>(first + 8),
        row.GetFieldValue<DateTimeOffset>(first + 9),
        ReadDeletedAt(row, first));

    /// <summary>Reads what was recorded of an expense from the columns that begin at <paramref name="first"/>.</summary>
    public static ExpenseContent ReadContent(DbDataReader row, int first) => new(
        row.GetFieldValue<DateOnly>(first + 1),
        row.GetString(first + 2),
        new Money(row.GetInt64(first + 3), Currency.Of(row.GetString(first + 4))),
        row.IsDBNull(first + 5) ? null : new Label(row.GetString(first + 5)),
        row.IsDBNull(first + 11) ? [] : [.. row.GetString(first + 11).Split(ExpenseRules.TagSeparator).Select(tag => new Label(tag))],
        row.IsDBNull(first + 6) ? null : row.GetString(first + 6));

    /// <summary>Reads when an expense went into the trash from the columns that begin at <paramref name="first"/>.</summary>
    public static DateTimeOffset? ReadDeletedAt(DbDataReader row, int first) =>
        row.IsDBNull(first + 10) ? null : row.GetFieldValue<DateTimeOffset>(first + 10);

    private static async Task InsertTagsAsync(DbConnection connection, long id, IReadOnlyList<Label> tags, CancellationToken token)
    {
        foreach (var tag in tags)
        {
            await new Sql("insert into expense_tags (expense_id, tag_key, tag) values (@id, @key, @tag)")
                .With("@id", id).With("@key", tag.Key).With("@tag", tag.Text).ExecuteAsync(connection, token);
        }
    }

    private static Sql Content(Sql sql, string owner, ExpenseContent content) => sql
        .With("@owner", owner)
        .With("@date", content.Date)
        .With("@description", content.Description)
        .With("@amount", content.Amount.Units)
        .With("@currency", content.Amount.Currency.Code)
        .With("@category", content.Category?.Text)
        .With("@categoryKey", content.CategoryKey)
        .With("@notes", content.Notes)
        .With("@searchText", content.SearchText);
}
