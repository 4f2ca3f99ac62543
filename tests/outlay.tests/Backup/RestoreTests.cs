using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

public sealed class RestoreTests
{
    [Theory]
    [MemberData(nameof(EnginePairs))]
    public async Task A_backup_of_one_engine_restored_on_any_is_the_same_to_the_byte(Engine from, Engine to)
    {
        SkipWithoutPostgres(from, to);
        await using var source = await SampleBook.CreateAsync(from);
        await using var target = await TestDatabase.CreateAsync(to);
        using var backup = new MemoryStream();
        var written = await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);

        backup.Position = 0;
        var restored = await new BackupRestore(target.Database).RunAsync(backup, Test.Token);

        using var again = new MemoryStream();
        var rewritten = await new BackupWriter(target.Database, source.Settings, "run").WriteAsync(again, source.Clock.Now, Test.Token);
        Assert.Equal(TablesOf(written), TablesOf(rewritten));
        Assert.Equal(written.Parts, restored.Manifest.Parts);
        Assert.True((await target.Doctor.ExamineAsync(Test.Token)).IsHealthy);
    }

    [Theory, EachEngine]
    public async Task A_backup_is_verified_by_restoring_it(Engine engine)
    {
        await using var source = await SampleBook.CreateAsync(engine);
        using var backup = new MemoryStream();
        var written = await new BackupWriter(source.Database, source.Settings, "run").WriteAsync(backup, source.Clock.Now, Test.Token);
        using var folder = new TestFolder();
        using var catalog = new BackupCatalog(source.Settings, source.Clock);

        backup.Position = 0;
        var verifier = new BackupVerifier(catalog, source.Settings, source.Clock);
        var report = await verifier.VerifyAsync("name", () => Task.FromResult<Stream>(backup), folder.Path, Test.Token);

        Assert.Null(report.Failure);
        Assert.Equal(written.Fingerprint, report.Fingerprint);
        Assert.Equal(written.Content.Rows, report.Rows);
    }

    public static TheoryData<Engine, Engine> EnginePairs() => new()
    {
        { Engine.Sqlite, Engine.Sqlite },
        { Engine.Sqlite, Engine.Postgres },
        { Engine.Postgres, Engine.Sqlite },
        { Engine.Postgres, Engine.Postgres },
    };

    private static IEnumerable<BackupPart> TablesOf(BackupManifest manifest) =>
        manifest.Parts.Where(part => part.Name.EndsWith(PartStream.Extension, StringComparison.Ordinal));

    private static void SkipWithoutPostgres(params Engine[] engines) =>
        Assert.SkipWhen(engines.Contains(Engine.Postgres) && PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
}
