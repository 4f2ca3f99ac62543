using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Outlay.Backup;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>Runs of the backup service on the database of a test, each as another process would make it.</summary>
internal static class BackupRun
{
    public static Task<BackupResult> OfAsync(
        TestDatabase database, BackupOccasion occasion = BackupOccasion.Regular, ILogger<BackupService>? logger = null, TimeProvider? clock = null,
        CancellationToken? token = null)
    {
        // The environment may have changed since the database was made.
        var source = new SettingsSource(database.Environment.GetValueOrDefault);
        var settings = Settings.From(source);
        source.ThrowIfFaulty();
        return Service(database, settings, logger, clock).RunAsync(occasion, token ?? Test.Token);
    }

    public static BackupService Service(TestDatabase database, Settings settings, ILogger<BackupService>? logger = null, TimeProvider? clock = null) => new(
        database.Database, new BackupCatalog(settings, clock ?? database.Clock), settings, clock ?? database.Clock, new BackupStatus(), "run",
        logger ?? NullLogger<BackupService>.Instance);

    /// <summary>A backup past the service, as bytes.</summary>
    public static async Task<byte[]> WriteAsync(TestDatabase database)
    {
        using var backup = new MemoryStream();
        await new BackupWriter(database.Database, database.Settings, "run").WriteAsync(backup, database.Clock.Now, Test.Token);
        return backup.ToArray();
    }

    public static async Task<BackupReport> VerifyAsync(TestDatabase database, byte[] backup)
    {
        using var folder = new TestFolder();
        using var catalog = new BackupCatalog(database.Settings, database.Clock);
        return await new BackupVerifier(catalog, database.Settings, database.Clock).VerifyAsync(
            "name", () => Task.FromResult<Stream>(new MemoryStream(backup)), folder.Path, _ => { }, Test.Token);
    }

    /// <summary>The names of the backups on this machine, and of what lies beside them.</summary>
    public static string[] Files(TestDatabase database, string pattern = "*_backup_*") =>
        [.. Directory.GetFiles(database.Settings.BackupsDir, pattern).Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
}
