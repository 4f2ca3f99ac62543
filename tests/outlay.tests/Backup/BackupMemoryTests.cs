using Outlay.Backup;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>What a large book takes of memory while it is backed up, verified and restored.</summary>
[Collection(nameof(Alone))]
public sealed class BackupMemoryTests
{
    private const int Count = 40_000;

    /// <summary>The buffers of some parts; the notes alone are more than three times as much.</summary>
    private const long Margin = 24 * 1024 * 1024;

    [Theory, EachEngine]
    public async Task A_backup_its_verification_and_its_restore_take_no_memory_that_grows_with_the_book(Engine engine)
    {
        await using var source = await TestDatabase.CreateAsync(engine);
        await using var target = await TestDatabase.CreateAsync(engine);
        await FillAsync(source);

        var (made, mostOfBackup) = await MeasureAsync(() => BackupRun.OfAsync(source));
        await using var file = new FileStream(made.File!, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var (restored, mostOfRestore) = await MeasureAsync(() => new BackupRestore(target.Database, target.Clock).RunAsync(file, null, isVerified: false, Test.Token));

        Assert.Equal((BackupState.Ok, (long)Count), (made.State, made.Expenses));
        Assert.Equal(Count, restored.Manifest.Content.Rows["expenses"]);
        Assert.InRange(mostOfBackup, 0, Margin);
        Assert.InRange(mostOfRestore, 0, Margin);
    }

    private static Task<long> FillAsync(TestDatabase database)
    {
        var amount = new Money(350, Currency.Of("EUR"));
        var contents = Enumerable.Range(0, Count).Select(number => new ExpenseContent(
            new DateOnly(2026, 2, 19), $"Coffee {number}", amount, Category: null, Tags: [], Notes: $"{number} {new string('n', 1_000)}"));
        return database.Expenses.AddManyAsync(Test.By(ExpenseService.DefaultOwner), contents.ToAsyncEnumerable(), Test.Token);
    }

    /// <summary>How much more was held at most than before, in bytes.</summary>
    private static async Task<(T Result, long Most)> MeasureAsync<T>(Func<Task<T>> run)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var running = Task.Run(run);
        var most = 0L;
        while (!running.IsCompleted)
        {
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            await Task.WhenAny(running, Task.Delay(20, Test.Token));
        }

        return (await running, most);
    }
}
