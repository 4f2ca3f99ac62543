using System.IO.Compression;

namespace Outlay.Backup;

/// <summary>
/// Decompresses a backup (gzip, RFC 1952), and stops where it grows as no backup does: a small file could fill the disk before its manifest,
/// which stands at its end, shows that it is none. Throws <see cref="ErrorCode.BackupDamaged"/> there.
/// </summary>
internal sealed class InflatedStream : ReadOnlyStream
{
    /// <summary>How many times larger it may become: gzip can do a thousand. Every change has a hash, which does not shrink, so books get to about ten.</summary>
    private const int MaxGrowth = 100;

    /// <summary>So many bytes may come of any file.</summary>
    private const long AlwaysAllowed = 64 * 1024 * 1024;

    private readonly Source _source;
    private readonly GZipStream _gzip;
    private long _size;

    /// <summary>Otherwise the framework takes a file without its last bytes for a whole one.</summary>
    static InflatedStream() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <param name="file">The compressed bytes; stays open.</param>
    public InflatedStream(Stream file)
    {
        _source = new Source(file);
        _gzip = new GZipStream(_source, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer) => Check(_gzip.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Check(await _gzip.ReadAsync(buffer, cancellationToken));

    public override async ValueTask DisposeAsync()
    {
        await _gzip.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _gzip.Dispose();
        base.Dispose(disposing);
    }

    private int Check(int count)
    {
        _size += count;
        return _size <= AlwaysAllowed || _size <= MaxGrowth * _source.Size
            ? count
            : throw new AppException(ErrorCode.BackupDamaged, $"The backup is damaged: it grows to more than {MaxGrowth} times its size, as no backup does.");
    }

    /// <summary>Counts what was taken of a file.</summary>
    private sealed class Source(Stream file) : ReadOnlyStream
    {
        public long Size { get; private set; }

        public override int Read(Span<byte> buffer) => Count(file.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Count(await file.ReadAsync(buffer, cancellationToken));

        private int Count(int count)
        {
            Size += count;
            return count;
        }
    }
}
