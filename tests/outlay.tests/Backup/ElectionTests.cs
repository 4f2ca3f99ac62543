using Microsoft.Extensions.Logging;
using Outlay.Backup;
using Outlay.Tests.Harness;
using Outlay.Tests.Hosting;

namespace Outlay.Tests.Backup;

/// <summary>Instances on one database, each with a folder of its own, that share an object store.</summary>
public sealed class ElectionTests : IDisposable
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
        Assert.Equal(made.Report!.CreatedAt, status.LastSuccess);
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
    [InlineData("Rots")]
    public async Task An_instance_makes_a_backup_itself_when_it_cannot_use_that_of_another(string fault)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        await using var database = await SampleBook.CreateAsync(Engine.Sqlite);
        await RunAsync(database, store, "one");
        database.Clock.Advance(TimeSpan.FromMinutes(1));
        if (fault is "Rots")
            store.StandIn.Rot(store.StandIn.Objects.Single(name => name.EndsWith(".tar.gz", StringComparison.Ordinal)));
        else
            store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        var second = await RunAsync(database, store, "two");

        Assert.Equal((BackupState.Ok, true), (second.State, second.Report!.IsGood));
        Assert.Single(Directory.GetFiles(_folder.File("two"), "*.tar.gz"));
        Assert.Contains(_log.Lines, line => line.GetProperty("event").GetString() == "place_not_used");
    }

    private Task<BackupResult> RunAsync(
        TestDatabase database, TestStore store, string instance, BackupOccasion occasion = BackupOccasion.Regular, BackupStatus? status = null) =>
        Service(database, store, instance, status).RunAsync(occasion, Test.Token);

    private BackupService Service(TestDatabase database, TestStore store, string instance, BackupStatus? status = null)
    {
        var environment = new Dictionary<string, string>(database.Environment) { ["BACKUPS_DIR"] = _folder.File(instance) };
        foreach (var (name, value) in store.Environment)
            environment[name] = value;
        var source = new SettingsSource(environment.GetValueOrDefault);
        var settings = Settings.From(source);
        source.ThrowIfFaulty();
        var catalog = new BackupCatalog(settings, database.Clock) { Book = token => BackupCatalog.BookOfAsync(database.Database, token) };
        return new BackupService(
            database.Database, catalog, settings, database.Clock, status ?? new BackupStatus(), instance, _log.Factory.CreateLogger<BackupService>());
    }
}
