using System.Data.Common;
using Outlay.Expenses;
using Outlay.Storage;

namespace Outlay.Telemetry;

/// <summary>Figures that outlive the process which found them, and those that follow from what is stored: one text for both engines.</summary>
internal static class FigureStore
{
    /// <summary>Adds to a figure, in the transaction of what is counted.</summary>
    public static Task AddAsync(DbConnection connection, string name, long count, CancellationToken token) =>
        new Sql("insert into figures (name, value) values (@name, @value) on conflict (name) do update set value = figures.value + excluded.value")
            .With("@name", name).With("@value", count).ExecuteAsync(connection, token);

    public static Task SetAsync(DbConnection connection, string name, long value, CancellationToken token) =>
        new Sql("insert into figures (name, value) values (@name, @value) on conflict (name) do update set value = excluded.value")
            .With("@name", name).With("@value", value).ExecuteAsync(connection, token);

    /// <summary>Sets a figure that is not there yet.</summary>
    public static Task KeepAsync(DbConnection connection, string name, long value, CancellationToken token) =>
        new Sql("insert into figures (name, value) values (@name, @value) on conflict (name) do nothing")
            .With("@name", name).With("@value", value).ExecuteAsync(connection, token);

    public static Task RemoveAsync(DbConnection connection, string name, CancellationToken token) =>
        new Sql("delete from figures where name = @name").With("@name", name).ExecuteAsync(connection, token);

    public static async Task<IReadOnlyDictionary<string, long>> AllAsync(DbConnection connection, CancellationToken token)
    {
        var figures = await new Sql("select name, value from figures").ListAsync(connection, row => (Name: row.GetString(0), Value: row.GetInt64(1)), token);
        return figures.ToDictionary(figure => figure.Name, figure => figure.Value);
    }

    /// <summary>How many expenses count, of all owners, from what is kept in the totals: without those that only test.</summary>
    public static Task<long> ExpensesAsync(DbConnection connection, CancellationToken token) =>
        new Sql("select cast(coalesce(sum(count), 0) as bigint) from totals where month = '' and currency <> @test").With("@test", Currency.TestCode).ScalarAsync<long>(connection, token);

    /// <summary>How many are in the trash, of all owners, from its index.</summary>
    public static Task<long> TrashAsync(DbConnection connection, CancellationToken token) =>
        new Sql("select count(*) from expenses where deleted_at is not null").ScalarAsync<long>(connection, token);
}
