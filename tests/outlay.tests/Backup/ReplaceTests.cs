using System.Collections.Concurrent;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>A restore in the place of what is there, while others work.</summary>
public sealed class ReplaceTests
{
    [Theory, EachEngine]
    public async Task What_was_recorded_after_the_backup_of_what_is_replaced_is_not_lost(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await SampleBook.CreateAsync(engine);
        var present = await BackupRun.OfAsync(target, BackupOccasion.BeforeChange);
        await SampleBook.AddAsync(target, "Meanwhile");

        var error = await RestoreAsync(source, target, present.Report!.Fingerprint);

        Assert.Equal(ErrorCode.Conflict, error!.Code);
        Assert.Contains("was changed after it had been backed up, so nothing was replaced. Stop what writes to it", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await target.ScalarAsync<long>("select count(*) from expenses where description = 'Meanwhile'"));
        var again = await BackupRun.OfAsync(target, BackupOccasion.BeforeChange);
        Assert.Null(await RestoreAsync(source, target, again.Report!.Fingerprint));
    }

    [Theory, EachEngine]
    public async Task A_database_that_was_empty_when_the_restore_began_must_still_be(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await TestDatabase.CreateAsync(engine);
        await SampleBook.AddAsync(target, "Meanwhile");

        var error = await RestoreAsync(source, target, null);

        Assert.Equal(ErrorCode.Conflict, error!.Code);
        Assert.Contains("is not empty: add --replace", error.Message, StringComparison.Ordinal);
        Assert.Equal("Meanwhile", await target.ScalarAsync<string>("select description from expenses"));
    }

    [Theory, EachEngine]
    public async Task Of_what_is_written_all_the_time_everything_acknowledged_is_in_the_book_or_in_a_backup(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        var first = Path.GetFileName((await BackupRun.OfAsync(database)).File!);
        var acknowledged = new ConcurrentBag<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        var writing = Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                try
                {
                    await SampleBook.AddAsync(database, $"Written {number}.");
                    acknowledged.Add($"Written {number}.");
                }
                catch (AppException e) when (e.Code is ErrorCode.Unavailable)
                {
                    // Kept waiting for too long by the restore: not acknowledged.
                }
            }
        });

        var restore = await OutlayProcess.RunAsync(["backup", "restore", first, "--replace", "--yes"], database.Environment);
        await stop.CancelAsync();
        await writing;

        Assert.True(restore.ExitCode is 0 or 5, restore.Error);
        var kept = new List<string> { await database.ScalarAsync<string>("select coalesce(string_agg(description, '\n'), '') from expenses") };
        foreach (var file in Directory.GetFiles(database.Settings.BackupsDir, "*.tar.gz"))
        {
            var tar = TarEditor.Open(await File.ReadAllBytesAsync(file, Test.Token));
            kept.AddRange(tar.Names.Where(name => name.StartsWith("expenses.", StringComparison.Ordinal)).Select(tar.Text));
        }

        Assert.NotEmpty(acknowledged);
        Assert.All(acknowledged, description => Assert.Contains(kept, text => text.Contains(description, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_backup_waits_for_a_restore_and_holds_what_it_brought()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var source = await SampleBook.CreateAsync(Engine.Sqlite);
        await using var target = await TestDatabase.CreateAsync(Engine.Postgres);
        // Without the readable copy, which waits for each table anyway.
        target.Environment["BACKUP_PASSPHRASE"] = "correct horse battery staple";
        await using var file = new HeldStream(await BackupRun.WriteAsync(source));
        var restore = Task.Run(() => new BackupRestore(target.Database, target.Clock).RunAsync(file, null, isVerified: false, Test.Token));
        await file.Reached;

        var backup = Task.Run(() => BackupRun.OfAsync(target));
        // Time enough for it to see the tables before they are filled, if it does not wait.
        await Task.Delay(TimeSpan.FromSeconds(1.5), Test.Token);
        file.Release();
        await restore;

        Assert.Equal((BackupState.Ok, 5L), ((await backup).State, (await backup).Expenses));
    }

    [Theory, EachEngine]
    public async Task A_key_that_was_revoked_or_limited_after_the_backup_stays_so_and_one_that_holds_again_is_named(Engine engine)
    {
        await using var database = await SampleBook.CreateAsync(engine);
        var keys = new KeyService(database.Database, database.Clock);
        var (stolen, rotated, kept) = (await MakeAsync("stolen"), await MakeAsync("rotated"), await MakeAsync("kept"));
        var first = Path.GetFileName((await BackupRun.OfAsync(database)).File!);
        await keys.RevokeAsync(stolen.Key.Id, Test.Token);
        await keys.RotateAsync(rotated.Key.Id, "0s", Test.Token);

        var replaced = await OutlayProcess.RunAsync(["backup", "restore", first, "--replace", "--yes"], database.Environment);

        Assert.True(replaced.ExitCode == 0, replaced.Error);
        Assert.DoesNotContain("again", replaced.Output, StringComparison.Ordinal);
        Assert.Equal((KeyState.Revoked, KeyState.Expired, KeyState.Active), (await StateAsync(stolen), await StateAsync(rotated), await StateAsync(kept)));

        // Where nothing is known of them, the backup alone says which hold.
        await using var empty = await TestDatabase.CreateAsync(engine);
        var restored = await OutlayProcess.RunAsync(["backup", "restore", Path.Combine(database.Settings.BackupsDir, first)], empty.Environment);

        Assert.True(restored.ExitCode == 0, restored.Error);
        foreach (var key in new[] { stolen, rotated, kept })
            Assert.Contains($"{key.Key.Id} {key.Key.Name} ({key.Key.Prefix}…) of ana", restored.Output, StringComparison.Ordinal);
        Assert.Contains("Revoke what was revoked since: outlay keys revoke ID.", restored.Output, StringComparison.Ordinal);

        Task<IssuedKey> MakeAsync(string name) => keys.CreateAsync(new KeyDraft("ana", name, null, null), Test.Token);

        async Task<KeyState> StateAsync(IssuedKey key) => (await keys.GetAsync(key.Key.Id, Test.Token)).StateAt(database.Clock.Now);
    }

    private static async Task<AppException?> RestoreAsync(TestDatabase source, TestDatabase target, string? replaced)
    {
        using var file = new MemoryStream(await BackupRun.WriteAsync(source));
        try
        {
            await new BackupRestore(target.Database, target.Clock).RunAsync(file, replaced, isVerified: false, Test.Token);
            return null;
        }
        catch (AppException e)
        {
            return e;
        }
    }

    /// <summary>Gives its content when it is told to.</summary>
    private sealed class HeldStream(byte[] content) : ReadOnlyStream
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MemoryStream _content = new(content);

        public Task Reached => _reached.Task;

        public void Release() => _released.SetResult();

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            _reached.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
            return await _content.ReadAsync(buffer, cancellationToken);
        }
    }
}
