using System.Runtime.CompilerServices;
using Outlay.Backup.Age;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>What the last look at a backup found.</summary>
internal enum BackupVerdict
{
    /// <summary>Nobody has looked.</summary>
    Unverified,

    Verified,
    Failed,
}

/// <param name="Time">When it was made, to the second, in UTC: the time in its name.</param>
/// <param name="Size">In bytes, as it is stored.</param>
internal sealed record ListedBackup(string Name, DateTimeOffset Time, long Size, BackupVerdict Verdict, IBackupDestination Destination);

/// <summary>Which book the backups of a database are of.</summary>
/// <param name="Id">See <see cref="BookId"/>; null where nobody can say.</param>
/// <param name="Problem">Why the database cannot say it; null when it has, or when there is no database.</param>
internal sealed record AskedBook(string? Id, string? Problem = null);

/// <summary>The places where backups are kept, the first of them on this machine, and the key to them.</summary>
internal sealed class BackupCatalog(Settings settings, TimeProvider clock) : IDisposable
{
    /// <summary>How far apart the clocks of machines may be that share backups.</summary>
    private static readonly TimeSpan s_clockSkew = TimeSpan.FromMinutes(5);

    /// <summary>Asks which book the backups are for. Nobody can say, by default.</summary>
    public Func<CancellationToken, Task<AskedBook>> Book { get; init; } = _ => Task.FromResult(new AskedBook(null));

    public IBackupDestination Disk { get; } = new DiskDestination(settings.BackupsDir);

    /// <summary>Where copies of the newest backup on this machine go.</summary>
    public IReadOnlyList<IBackupDestination> Elsewhere { get; } = settings.S3 is { } s3 ? [new S3BackupDestination(s3, clock)] : [];

    /// <summary>Every place, this machine first.</summary>
    public IEnumerable<IBackupDestination> All => Elsewhere.Prepend(Disk);

    /// <summary>What new backups are encrypted with; null leaves them readable.</summary>
    public BackupCipher? Cipher { get; } = settings.BackupKey is { } key ? new BackupCipher(key) : null;

    /// <summary>Which book a database is, if it answers.</summary>
    public static async Task<AskedBook> BookOfAsync(Database database, CancellationToken token)
    {
        try
        {
            return new AskedBook(await database.ReadAsync(OwnerScope.All, connection => BookId.FindAsync(database, connection, token), token));
        }
        catch (AppException e) when (e.Code is ErrorCode.Unavailable or ErrorCode.Inconsistent)
        {
            // Who has lost the database needs the backups most.
            return new AskedBook(null, e.Message);
        }
    }

    /// <summary>The backups of a place, newest first, of every book.</summary>
    public static async Task<IReadOnlyList<ListedBackup>> ListAsync(IBackupDestination destination, CancellationToken token)
    {
        var files = (await destination.ListAsync(token)).ToDictionary(file => file.Name);
        return
        [
            .. from file in files.Values
               let time = BackupName.TimeOf(file.Name)
               where time is not null
               orderby time descending
               select new ListedBackup(file.Name, time.Value, file.Size, VerdictOf(file.Name), destination),
        ];

        BackupVerdict VerdictOf(string name) =>
            files.ContainsKey(BackupName.Report(name, isGood: true)) ? BackupVerdict.Verified
            : files.ContainsKey(BackupName.Report(name, isGood: false)) ? BackupVerdict.Failed
            : BackupVerdict.Unverified;
    }

    /// <summary>
    /// What was found out about a backup; null when nothing was, or when that cannot be read any more. One that has another size
    /// than when it was found good is not good.
    /// </summary>
    public static async Task<BackupReport?> ReadReportAsync(ListedBackup backup, CancellationToken token)
    {
        if (backup.Verdict is BackupVerdict.Unverified)
            return null;
        await using var stream = await backup.Destination.OpenAsync(BackupName.Report(backup.Name, backup.Verdict is BackupVerdict.Verified), token);
        var report = await BackupReport.ReadAsync(stream, token);
        return report is { IsGood: true } && report.Stored!.Size != backup.Size
            ? report with { Failure = $"The backup is damaged: it has {backup.Size} bytes instead of {report.Stored.Size}." }
            : report;
    }

    /// <summary>Whether something was dated by a clock that was ahead: how old it is, nobody knows.</summary>
    public bool IsInTheFuture(DateTimeOffset time) => time > clock.GetUtcNow() + s_clockSkew;

    /// <summary>The backups of the present book in a place, newest first, each with what was found out about it: null for nothing.</summary>
    public async IAsyncEnumerable<(ListedBackup Backup, BackupReport? Report)> OwnAsync(
        IBackupDestination destination, [EnumeratorCancellation] CancellationToken token)
    {
        var book = (await Book(token)).Id;
        foreach (var backup in await ListAsync(destination, token))
        {
            var report = await ReadReportAsync(backup, token);
            if (IsOf(book, report))
                yield return (backup, report);
        }
    }

    /// <summary>Whether a backup is of this book, as far as is known: what tells no book, or nobody has looked at, could be.</summary>
    /// <param name="book">Null where the book cannot be asked: then it could be any.</param>
    public static bool IsOf(string? book, BackupReport? report) => book is null || report?.Book is null || report.Book == book;

    /// <summary>The newest backup of the present book on this machine, of those that are not dated in the future; null when there is none.</summary>
    public async Task<ListedBackup?> NewestAsync(CancellationToken token)
    {
        await foreach (var (backup, _) in OwnAsync(Disk, token))
        {
            if (!IsInTheFuture(backup.Time))
                return backup;
        }

        return null;
    }

    /// <summary>Whether a backup is locked as a new one would be: a key that was changed, or has come or gone, is a change.</summary>
    public async Task<bool> IsLockedAsNowAsync(ListedBackup backup, CancellationToken token)
    {
        await using var stored = new StoredStream(await backup.Destination.OpenAsync(backup.Name, token), _ => { });
        var start = await stored.PeekAsync(AgeHeader.MaxLength, token);
        return BackupCipher.IsEncrypted(start.Span) ? Cipher?.HasLocked(start.Span) is true : Cipher is null;
    }

    /// <summary>A backup of this name, on this machine or elsewhere. Throws <see cref="ErrorCode.NotFound"/>.</summary>
    public async Task<ListedBackup> FindAsync(string name, CancellationToken token)
    {
        foreach (var destination in All)
        {
            if ((await ListAsync(destination, token)).FirstOrDefault(backup => backup.Name == name) is { } found)
                return found;
        }

        throw new AppException(ErrorCode.InvalidInput, $"{name} is no file, and no backup of this name is kept: outlay backup list shows them.");
    }

    /// <summary>The content of a backup, decrypted if it is encrypted, whatever it is called.</summary>
    /// <param name="stored">Closed with the result.</param>
    /// <param name="name">Named when its key is missing.</param>
    public async Task<Stream> DecryptAsync(StoredStream stored, string name, CancellationToken token)
    {
        if (!BackupCipher.IsEncrypted((await stored.PeekAsync(AgeHeader.MagicLength, token)).Span))
            return stored;
        return Cipher?.Decrypt(stored) ?? throw new AppException(ErrorCode.BadConfiguration,
            $"{name} is encrypted: set BACKUP_PASSPHRASE or BACKUP_KEY_FILE to what it was encrypted with.");
    }

    public void Dispose()
    {
        foreach (var destination in Elsewhere.OfType<IDisposable>())
            destination.Dispose();
    }
}
