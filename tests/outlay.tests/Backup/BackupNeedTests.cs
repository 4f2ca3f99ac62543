using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

/// <summary>Instances on one database, each with a folder of its own, that share an object store.</summary>
public sealed class BackupNeedTests : IDisposable
{
    private readonly LogCapture _log = new();

    private readonly TestFolder _folder = new();

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Theory, EachEngine]
    public async Task What_one_instance_has_made_is_copied_by_the_others_instead_of_made_again(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);

        var first = await RunAsync(database, store, "one");
        database.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await RunAsync(database, store, "two");

        Assert.Equal((BackupState.Ok, BackupState.Unchanged, null), (first.State, second.State, second.Failure));
        Assert.Equal(_folder.File("two/" + Path.GetFileName(first.File)), second.File);
        Assert.Equal(await File.ReadAllBytesAsync(first.File!, Test.Token), await File.ReadAllBytesAsync(second.File!, Test.Token));
        Assert.True(File.Exists(_folder.File("two/" + second.Report!.FileName)));
        Assert.Equal(2, store.StandIn.Objects.Count());
    }

    [Theory, EachEngine]
    public async Task At_the_interval_one_instance_makes_a_backup_and_the_others_wait_until_it_is_as_old(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        await RunAsync(database, store, "one");
        database.Clock.Advance(TimeSpan.FromHours(25));
        await SampleBook.AddAsync(database, "Coffee");
        var made = await RunAsync(database, store, "one", BackupOccasion.Scheduled);
        await SampleBook.AddAsync(database, "Tea");
        database.Clock.Advance(TimeSpan.FromHours(5));

        var status = new BackupStatus();
        var left = await RunAsync(database, store, "two", BackupOccasion.Scheduled, status);
        var next = Service(database, store, "two").NextIn(left);
        database.Clock.Advance(next);
        var due = await RunAsync(database, store, "two", BackupOccasion.Scheduled);

        Assert.Equal((BackupState.Ok, BackupState.NotDue, BackupState.Ok), (made.State, left.State, due.State));
        Assert.Equal((6L, 6L, 7L), (made.Expenses, left.Expenses, due.Expenses));
        Assert.Equal(made.HeldAt, status.LastSuccess);
        Assert.InRange(next, TimeSpan.FromHours(18.9), TimeSpan.FromHours(19.1));
        Assert.Equal(3 * 2, store.StandIn.Objects.Count());
    }

    [Theory, EachEngine]
    public async Task A_start_makes_a_backup_of_what_has_changed_however_young_the_last_one_is(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        await RunAsync(database, store, "one");
        await SampleBook.AddAsync(database, "Coffee");

        // In the same second: what the first one has stored keeps its name.
        var second = await RunAsync(database, store, "two");

        Assert.Equal((BackupState.Ok, 6L), (second.State, second.Expenses));
        Assert.Equal(2 * 2, store.StandIn.Objects.Count());
    }

    [Theory]
    [InlineData("Refuses")]
    [InlineData("Hangs")]
    [InlineData("HangsInAnswer")]
    [InlineData("Rots")]
    public async Task An_instance_makes_a_backup_itself_when_it_cannot_use_that_of_another(string fault)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var first = await RunAsync(database, store, "one");
        database.Clock.Advance(TimeSpan.FromMinutes(1));
        store.Environment["S3_BACKUP_TIMEOUT"] = "1";
        if (fault is "Rots")
            store.StandIn.Rot(store.StandIn.Objects.Single(name => name.EndsWith(".tar.gz", StringComparison.Ordinal)));
        else
            store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        var second = await RunAsync(database, store, "two");

        Assert.Equal((BackupState.Ok, true), (second.State, second.Report!.IsGood));
        Assert.Single(Directory.GetFiles(_folder.File("two"), "*.tar.gz"));
        Assert.Contains(_log.Lines, line => line.GetProperty("event").GetString() == "place_not_used");
        store.StandIn.Fault = StoreFault.None;
        Assert.Equal(
            fault is "Rots" ? BackupVerdict.Failed : BackupVerdict.Verified,
            (await ListAsync(database, store)).Single(backup => backup.Name == first.Report!.Backup).Verdict);
    }

    [Theory, EachEngine]
    public async Task What_a_copy_of_the_database_backs_up_is_no_backup_of_this_one(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        await using var copy = await TestDatabase.CreateAsync(engine);
        var first = await RunAsync(database, store, "one");
        await using (var file = File.OpenRead(first.File!))
            await new BackupRestore(copy.Database, copy.Clock).RunAsync(file, null, isVerified: false, Test.Token);
        database.Clock.Advance(TimeSpan.FromHours(23));
        copy.Clock.Advance(database.Clock.Now - copy.Clock.Now);
        await SampleBook.AddAsync(copy, "On trial");
        Assert.Equal(BackupState.Ok, (await RunAsync(copy, store, "copy")).State);
        await SampleBook.AddAsync(database, "Coffee");
        database.Clock.Advance(TimeSpan.FromHours(2));

        var due = await RunAsync(database, store, "one", BackupOccasion.Scheduled);

        Assert.Equal((BackupState.Ok, 6L), (due.State, due.Expenses));
    }

    [Theory, EachEngine]
    public async Task After_a_restore_the_backup_of_what_was_there_does_not_count_however_young_it_is(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        var old = await RunAsync(database, store, "one");
        database.Clock.Advance(TimeSpan.FromHours(1));
        await SampleBook.AddAsync(database, "Wrong");
        var thrownAway = await RunAsync(database, store, "one");
        await using (var file = File.OpenRead(old.File!))
            await new BackupRestore(database.Database, database.Clock).RunAsync(file, thrownAway.Report!.Fingerprint, isVerified: true, Test.Token);
        database.Clock.Advance(TimeSpan.FromMinutes(5));

        var next = await RunAsync(database, store, "one", BackupOccasion.Scheduled);

        Assert.Equal((BackupState.Ok, 5L), (next.State, next.Expenses));
    }

    [Fact]
    public async Task A_file_that_only_says_of_itself_that_it_is_a_good_backup_is_not_believed()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        var first = await RunAsync(database, store, "one");
        var forged = Path.Combine(_folder.Path, "forged");
        await File.WriteAllTextAsync(forged, "nothing that anybody could restore", Test.Token);
        var report = first.Report! with { Stored = await BackupDigest.OfAsync(File.OpenRead(forged), Test.Token) };
        using (var place = store.Open())
        {
            await File.WriteAllBytesAsync(_folder.File("report"), report.ToJson(), Test.Token);
            await place.StoreAsync(report.Backup, forged, Test.Token);
            await place.StoreAsync(report.FileName, _folder.File("report"), Test.Token);
        }

        database.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = await RunAsync(database, store, "two", BackupOccasion.Scheduled);

        Assert.Equal(BackupState.Ok, second.State);
        Assert.Single(Directory.GetFiles(_folder.File("two"), "*.tar.gz"));
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(4)]
    public async Task Clocks_that_are_some_minutes_apart_make_no_second_backup(int minutes)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        await RunAsync(database, store, "one");
        await SampleBook.AddAsync(database, "Coffee");
        database.Clock.Advance(TimeSpan.FromMinutes(minutes));

        var second = await RunAsync(database, store, "two", BackupOccasion.Scheduled);

        Assert.Equal(BackupState.NotDue, second.State);
    }

    [Theory, EachEngine]
    public async Task A_state_that_did_not_pass_is_not_backed_up_again_before_the_interval_is_over(Engine engine)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(engine);
        await database.ExecuteAsync("update expenses set description = 'Forged' where id = 1");

        var first = await RunAsync(database, store, "one", BackupOccasion.Scheduled);
        database.Clock.Advance(TimeSpan.FromMinutes(5));
        var again = await RunAsync(database, store, "one", BackupOccasion.Scheduled);
        await SampleBook.AddAsync(database, "Coffee");
        var changed = await RunAsync(database, store, "one", BackupOccasion.Scheduled);
        database.Clock.Advance(TimeSpan.FromHours(1));
        var due = await RunAsync(database, store, "one", BackupOccasion.Scheduled);

        Assert.Equal((BackupState.Failed, BackupState.Failed, BackupState.Failed), (first.State, again.State, due.State));
        Assert.Equal((first.File, first.Failure), (again.File, again.Failure));
        Assert.Equal(first.File, changed.File);
        Assert.NotEqual(first.File, due.File);
    }

    [Fact]
    public async Task Servers_that_start_at_once_on_one_database_make_one_backup()
    {
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Postgres);

        var results = await Task.WhenAll(Enumerable.Range(1, 3).Select(instance => Task.Run(() => RunAsync(database, store, $"{instance}"))));

        Assert.Single(results, result => result.State is BackupState.Ok);
        Assert.Equal(2, results.Count(result => result is { State: BackupState.Unchanged, Failure: null }));
        Assert.Equal(2, store.StandIn.Objects.Count());
        foreach (var result in results)
            Assert.True(File.Exists(result.File));
    }

    private async Task<IReadOnlyList<ListedBackup>> ListAsync(TestDatabase database, TestStore store)
    {
        using var catalog = new BackupCatalog(With(database, store, "list"), database.Clock);
        return await BackupCatalog.ListAsync(catalog.Elsewhere[0], Test.Token);
    }

    private Task<BackupResult> RunAsync(
        TestDatabase database, TestStore store, string instance, BackupOccasion occasion = BackupOccasion.Regular, BackupStatus? status = null) =>
        Service(database, store, instance, status).RunAsync(occasion, Test.Token);

    private BackupService Service(TestDatabase database, TestStore store, string instance, BackupStatus? status = null)
    {
        var settings = With(database, store, instance);
        var catalog = new BackupCatalog(settings, database.Clock) { Book = token => BackupCatalog.BookOfAsync(database.Database, token) };
        return new BackupService(
            database.Database, catalog, settings, database.Clock, status ?? new BackupStatus(), instance, _log.Factory.CreateLogger<BackupService>());
    }

    private Settings With(TestDatabase database, TestStore store, string instance)
    {
        var environment = new Dictionary<string, string>(database.Environment) { ["BACKUPS_DIR"] = _folder.File(instance) };
        foreach (var (name, value) in store.Environment)
            environment[name] = value;
        var source = new SettingsSource(environment.GetValueOrDefault);
        var settings = Settings.From(source);
        source.ThrowIfFaulty();
        return settings;
    }
}
