using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>Writes everything that an installation needs into one compressed tar, as it is at one moment, at constant memory.</summary>
/// <param name="book">Which book it is: see <see cref="BookId"/>; null while it has no name.</param>
/// <param name="csv">The file for a readable copy, as of the same moment; null for none.</param>
internal sealed class BackupWriter(Database database, Settings settings, string runId, string? book = null, string? csv = null)
{
    /// <summary>Reads while others write, and compresses on another thread.</summary>
    /// <param name="output">Gets the compressed tar; it stays open.</param>
    /// <param name="now">The time that the backup gets.</param>
    public Task<BackupManifest> WriteAsync(Stream output, DateTimeOffset now, CancellationToken token) =>
        database.SnapshotAsync(OwnerScope.All, async connection =>
        {
            var time = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
            await using var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true);
            await using var tar = new TarWriter(gzip, TarEntryFormat.Ustar, leaveOpen: true);
            var parts = new List<BackupPart>();
            // What a newer program has only added is not in it: a backup of this program can be read by this program.
            var schema = Math.Min(await Migrator.SchemaAsync(connection, token), Migration.Of(database.Engine)[^1].Number);
            var origin = new BackupOrigin(
                BackupOrigin.CurrentFormat, schema, Product.Version, database.Engine, runId, time, book, database.Location);
            await AddAsync(BackupManifest.OriginName, BackupJson.Bytes(json => BackupJson.Write(json, origin)));
            await AddAsync(BackupManifest.SettingsName, BackupJson.Settings(settings.Report));
            var content = new BackupContent(
                await BackupTables.WritePartsAsync(database, connection, await BackupTables.InAsync(database, connection, token), AddAsync, token),
                await BackupStore.SumsAsync(connection, token),
                await BackupStore.HeadsAsync(connection, token),
                await BackupStore.KeysAsync(database, connection, token));
            var manifest = new BackupManifest(origin, content, [.. parts]);
            await AddAsync(BackupManifest.Name, BackupJson.Bytes(json => BackupJson.Write(json, manifest)));
            if (csv is not null)
                await CsvBackup.WriteAsync(connection, csv, token);
            return manifest;

            async Task AddAsync(string name, ReadOnlyMemory<byte> part)
            {
                parts.Add(BackupPart.Of(name, part.Span));
                MemoryMarshal.TryGetArray(part, out var bytes);
                await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    ModificationTime = time,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    DataStream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count),
                }, token);
            }
        }, token);
}
