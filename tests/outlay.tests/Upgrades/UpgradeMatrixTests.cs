using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Storage;
using Outlay.Telemetry;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Upgrades;

/// <summary>Databases of all earlier schemas, taken through upgrade, use, roll-back and upgrade by the built program.</summary>
public sealed class UpgradeMatrixTests
{
    public static IEnumerable<ITheoryDataRow> Databases() =>
        from schema in KeptBook.Schemas
        from engine in new[] { Engine.Sqlite, Engine.Postgres }
        select new TheoryDataRow<Engine, string>(engine, schema) { Skip = engine is Engine.Postgres ? PostgresCluster.SkipReason : null };

    [Fact]
    public void There_is_a_database_of_every_earlier_schema()
    {
        var earlier = Migration.Of("sqlite").SkipLast(1).Select(migration => $"{migration.Number:D4}");

        var missing = earlier.Except(KeptBook.Schemas);

        Assert.True(!missing.Any(), $"Run tests/outlay.tests/Upgrades/make with the last release: {string.Join(", ", missing)}");
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task A_database_is_upgraded_used_rolled_back_and_upgraded_again_without_losing_a_row(Engine engine, string schema)
    {
        await using var database = await KeptBook.OpenAsync(engine, schema);
        var before = await ReadAsync(database, schema);
        var hasOwners = before.Keys.Count > 0;
        Assert.Equal(hasOwners ? (7, 4, 2) : (6, 3, 0), (before.Rows.Count, before.Tags.Count, before.Keys.Count));
        var isOld = Migration.Of(database.Database.Engine).Count > int.Parse(schema, null);

        var plan = await RunAsync(database, "migrate", "--dry-run");
        Assert.Equal(isOld, plan.Contains($"would back up and verify {before.Rows.Count} expenses", StringComparison.Ordinal));
        await RunAsync(database, "migrate");
        await AssertHoldsAsync(database, schema, before);

        await RunAsync(database, "add", "1.10", "After the upgrade", "--date", "2026-03-01", "--tag", "new");
        Assert.Contains("After the upgrade", await RunAsync(database, "list"), StringComparison.Ordinal);
        // 3.50, 65.20, 999,999,999,999.99 and 1.10; what is in the trash does not count.
        Assert.Contains("1000000000069.79", await RunAsync(database, "summary", "--output", "json"), StringComparison.Ordinal);
        Assert.Equal(before.Rows.Count + 1, (await KeptBook.RowsAsync(database)).Count);
        if (hasOwners)
            Assert.Contains("9.90", await RunAsync(database, "summary", "--owner", "ann", "--output", "json"), StringComparison.Ordinal);
        await RunAsync(database, "doctor", "--deep");
        if (!isOld)
            return;

        // What is left of the old schema is the backup that was made before it was changed; what was written since goes into another one.
        var backup = Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz").Single();
        await RunAsync(database, "backup", "restore", backup, "--replace", "--yes");
        await AssertHoldsAsync(database, schema, before);
        var since = Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz").Single(file => file != backup);
        await RunAsync(database, "backup", "restore", since, "--replace", "--yes");
        Assert.Equal(before.Rows, (await KeptBook.RowsAsync(database)).SkipLast(1));
        Assert.Equal(before.Keys, await KeptBook.KeysAsync(database, schema));

        // And once more from where it stood, on the same server.
        await using var again = await KeptBook.OpenAsync(engine, schema);
        await RunAsync(again, "migrate");
        await AssertHoldsAsync(again, schema, before);
    }

    [Theory, MemberData(nameof(Databases))]
    public async Task Metrics_are_asked_for_before_the_schema_is_there_and_do_not_fail(Engine engine, string schema)
    {
        await using var database = await KeptBook.OpenAsync(engine, schema);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var figures = new StoredFigures(services.GetRequiredService<IMeterFactory>(), database.Database, database.Settings, TimeProvider.System, ready: new TaskCompletionSource().Task);

        await figures.RefreshAsync();

        Assert.Null(figures.Now);
    }

    private static async Task<(IReadOnlyList<string> Rows, IReadOnlyList<string> Tags, IReadOnlyList<string> Keys)> ReadAsync(TestDatabase database, string schema) =>
        (await KeptBook.RowsAsync(database), await KeptBook.TagsAsync(database), await KeptBook.KeysAsync(database, schema));

    private static async Task AssertHoldsAsync(
        TestDatabase database, string schema, (IReadOnlyList<string> Rows, IReadOnlyList<string> Tags, IReadOnlyList<string> Keys) before)
    {
        var after = await ReadAsync(database, schema);
        Assert.Equal(before.Rows, after.Rows);
        Assert.Equal(before.Tags, after.Tags);
        Assert.Equal(before.Keys, after.Keys);
        await RunAsync(database, "doctor", "--deep");
    }

    private static async Task<string> RunAsync(TestDatabase database, params string[] words)
    {
        var result = await OutlayProcess.RunAsync(words, database.Environment);
        Assert.True(result.ExitCode == 0, $"outlay {string.Join(' ', words)} ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        return result.Output;
    }
}
