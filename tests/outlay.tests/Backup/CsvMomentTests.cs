using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed class CsvMomentTests
{
    [Theory, EachEngine]
    public async Task The_readable_copy_holds_what_the_backup_holds_while_others_write_on(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var row = new ExpenseContent(new DateOnly(2026, 2, 19), "Coffee", new Money(350, Currency.Of("EUR")), null, [], null);
        await database.Expenses.AddManyAsync(Test.By(ExpenseService.DefaultOwner), Enumerable.Repeat(row, 20_000).ToAsyncEnumerable(), Test.Token);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
                await SampleBook.AddAsync(database, $"Tea {number}");
        }, Test.Token);

        var result = await BackupRun.OfAsync(database);
        await stop.CancelAsync();
        await writing;

        Assert.Equal(BackupState.Ok, result.State);
        var csv = Assert.Single(BackupRun.Files(database, "expenses_backup_*.csv"));
        var lines = await File.ReadAllLinesAsync(Path.Combine(database.Settings.BackupsDir, csv), Test.Token);
        Assert.Equal(result.Expenses, lines.Length - 1);
        Assert.True(await database.ScalarAsync<long>("select count(*) from expenses") > result.Expenses, "Nobody wrote on.");
    }
}
