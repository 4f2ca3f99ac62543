namespace Outlay.Backup;

/// <summary>Where backups are kept. Whatever is listed there is whole.</summary>
internal interface IBackupDestination
{
    /// <summary>For people: where it is, without anything secret.</summary>
    string Name { get; }

    /// <summary>For metrics: disk or s3.</summary>
    string Kind { get; }

    /// <summary>Stores a file; when this returns, what is stored there was compared with it. Nothing is listed before.</summary>
    Task StoreAsync(string name, string file, CancellationToken token);

    Task<IReadOnlyList<StoredBackup>> ListAsync(CancellationToken token);

    /// <summary>Reads a stored backup from its start. Throws <see cref="ErrorCode.NotFound"/> when there is none of this name.</summary>
    Task<Stream> OpenAsync(string name, CancellationToken token);

    /// <summary>Does nothing when there is none of this name.</summary>
    Task DeleteAsync(string name, CancellationToken token);
}

/// <param name="Size">In bytes, as it is stored.</param>
/// <param name="StoredAt">By the clock of the destination.</param>
internal sealed record StoredBackup(string Name, long Size, DateTimeOffset StoredAt);
