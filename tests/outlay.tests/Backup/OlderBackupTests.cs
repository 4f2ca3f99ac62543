using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>Backups of a database as earlier programs left it: what migrations did to rows is done to theirs too.</summary>
public sealed class OlderBackupTests
{
    [Theory]
    [InlineData(Engine.Sqlite, Engine.Sqlite)]
    [InlineData(Engine.Sqlite, Engine.Postgres)]
    [InlineData(Engine.Postgres, Engine.Sqlite)]
    [InlineData(Engine.Postgres, Engine.Postgres)]
    public async Task A_backup_made_before_labels_were_folded_restores_with_folded_labels(Engine from, Engine to)
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var source = await CreateAsync(from);
        await using var target = await TestDatabase.CreateAsync(to);
        using var backup = new MemoryStream(await BackupRun.WriteAsync(source));

        await new BackupRestore(target.Database, target.Clock).RunAsync(backup, null, isVerified: false, Test.Token);

        var summary = await target.Reports.SummariseAsync("default", new ExpenseFilter { Category = new Label("Φόρος") }, null, Test.Token);
        Assert.Equal("2.00", summary.Total.ToString());
        Assert.True((await target.Doctor.ExamineAsync(Test.Token)).IsHealthy);
        Assert.Null((await target.Doctor.CheckHistoryAsync(Test.Token)).Fault);
        Assert.Equal(2, await target.Expenses.ListAsync("default", new ExpenseFilter { Text = "φόρος" }, Test.Token).CountAsync(Test.Token));
    }

    [Theory, EachEngine]
    public async Task It_is_verified_as_it_is_before_its_rows_are_brought_up_to_date(Engine engine)
    {
        await using var source = await CreateAsync(engine);

        Assert.Null((await BackupRun.VerifyAsync(source, await BackupRun.WriteAsync(source))).Failure);
    }

    [Theory, EachEngine]
    public async Task Before_there_was_a_history_each_run_makes_a_backup(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);
        await BackupRun.OfAsync(database);
        await database.ExecuteAsync("update expenses set description = 'Espresso' where id = 1");

        var second = await BackupRun.OfAsync(database);

        Assert.Equal(BackupState.Ok, second.State);
        Assert.Contains("Espresso", TarEditor.Open(await File.ReadAllBytesAsync(second.File!, Test.Token)).Text("expenses.00001.tsv"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public void What_a_migration_does_to_rows_stands_apart_from_what_it_does_to_the_schema(string engine)
    {
        // Where rows are changed beside the schema, an older backup would come back without that change. The first one has no rows to change.
        foreach (var migration in Migration.Of(engine).Skip(1))
            Assert.DoesNotMatch(@"(?m)^\s*(update|delete from|insert into)\s", migration.Text);
        Assert.NotNull(Migration.Of(engine)[2].Rows);
    }

    /// <summary>Two spellings of a label, as schema 2 stored them.</summary>
    private static async Task<TestDatabase> CreateAsync(Engine engine)
    {
        var database = await TestDatabase.CreateAsync(engine);
        foreach (var spelling in new[] { "Φόρος", "ΦΌΡΟΣ" })
        {
            var draft = new ExpenseDraft { Date = "2026-02-19", Description = spelling, Amount = "1", Category = spelling, Tags = [spelling] };
            await database.Expenses.AddAsync(Test.By("default"), draft, Test.Token);
        }

        await database.ExecuteAsync("update expenses set category_key = 'φόρος', search_text = 'φόρος' where category = 'Φόρος'");
        await database.ExecuteAsync("update expense_tags set tag_key = 'φόρος' where tag = 'Φόρος'");
        await database.Doctor.RebuildTotalsAsync(Test.Token);
        await database.ExecuteAsync("delete from schema_migrations where number > 2");
        return database;
    }
}
