using System.Buffers;
using System.IO.Pipelines;

namespace Outlay.Import;

/// <summary>Reads the rows of a file, one by one, at constant memory.</summary>
internal abstract class ImportReader : IAsyncDisposable
{
    /// <summary>
    /// The longest row, in bytes: more than the longest that is valid. It keeps a quote that is never closed from taking the
    /// whole file into memory.
    /// </summary>
    protected const int MaxRowSize = 512 * 1024;

    protected const string NotUtf8 = "The row is not text in UTF-8: convert the file first, for example with iconv -f WINDOWS-1252 -t UTF-8 FILE";

    private const int BufferSize = 64 * 1024;

    /// <summary>The columns of the file that are not known and not imported.</summary>
    public virtual IReadOnlyList<string> UnknownColumns => [];

    /// <summary>
    /// Looks at how a file begins, and picks the reader for it: NDJSON when its name says so or it begins with an object, CSV
    /// otherwise. Throws <see cref="ErrorCode.InvalidInput"/> for a file that is neither, and says what to do with it.
    /// </summary>
    /// <param name="file">Read from its present place to its end; it need not be able to seek. Stays open.</param>
    /// <param name="name">The name of the file.</param>
    /// <param name="owner">Whose rows of a backup are meant.</param>
    public static async Task<ImportReader> OpenAsync(Stream file, string name, string owner, CancellationToken token)
    {
        var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: BufferSize, leaveOpen: true));
        var result = await pipe.ReadAtLeastAsync(BufferSize, token);
        var start = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, BufferSize)).ToArray();
        pipe.AdvanceTo(result.Buffer.Start);

        return FileKind.IsNdjson(start, name)
            ? new NdjsonImportReader(pipe)
            : await CsvImportReader.OpenAsync(pipe.AsStream(), FileKind.SeparatorOf(start), owner, token);
    }

    public abstract IAsyncEnumerable<ImportRow> ReadAsync(CancellationToken token);

    public abstract ValueTask DisposeAsync();

    protected static AppException RowTooLong(long line) => new(ErrorCode.InvalidInput,
        $"line {line}: The row that begins here is longer than {MaxRowSize / 1024} KiB: is a quote not closed?");
}
