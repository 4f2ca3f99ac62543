using System.Data.Common;
using System.Globalization;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>
/// What a database remembers of the last good backup of it, whichever instance made it. So an instance can tell that backup from whatever else
/// lies where others may write, or belongs to a copy of the database that goes its own way.
/// </summary>
/// <param name="MadeAt">To the millisecond.</param>
/// <param name="Digest">The first 64 bits of the SHA-256 of the backup as it is stored.</param>
/// <param name="Size">In bytes, as it is stored.</param>
internal sealed record BackupMark(DateTimeOffset MadeAt, long Digest, long Size)
{
    private const string MadeAtFigure = "backup_made_at", DigestFigure = "backup_made_digest", SizeFigure = "backup_made_size";

    /// <summary>Null when none was made since the database came to be, or was replaced.</summary>
    public static async Task<BackupMark?> FindAsync(DbConnection connection, CancellationToken token)
    {
        var figures = await FigureStore.AllAsync(connection, token);
        return figures.TryGetValue(MadeAtFigure, out var madeAt) && figures.TryGetValue(DigestFigure, out var digest) && figures.TryGetValue(SizeFigure, out var size)
            ? new BackupMark(DateTimeOffset.FromUnixTimeMilliseconds(madeAt), digest, size)
            : null;
    }

    /// <param name="report">Of a backup that is good.</param>
    public static async Task SetAsync(DbConnection connection, BackupReport report, CancellationToken token)
    {
        await FigureStore.SetAsync(connection, MadeAtFigure, report.CreatedAt!.Value.ToUnixTimeMilliseconds(), token);
        await FigureStore.SetAsync(connection, DigestFigure, Start(report.Stored!), token);
        await FigureStore.SetAsync(connection, SizeFigure, report.Stored!.Size, token);
    }

    /// <summary>What is in the database now came another way than what was backed up last.</summary>
    public static async Task RemoveAsync(DbConnection connection, CancellationToken token)
    {
        await FigureStore.RemoveAsync(connection, MadeAtFigure, token);
        await FigureStore.RemoveAsync(connection, DigestFigure, token);
        await FigureStore.RemoveAsync(connection, SizeFigure, token);
    }

    /// <summary>Whether a backup with these bytes is the one.</summary>
    public bool IsOf(BackupDigest? stored) => stored is not null && Start(stored) == Digest && stored.Size == Size;

    private static long Start(BackupDigest digest) => long.Parse(digest.Sha256.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
