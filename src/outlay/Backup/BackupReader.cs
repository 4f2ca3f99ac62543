using System.Text;
using System.Text.Json;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>
/// Reads a backup from its beginning to its end, at constant memory: while one part is worked on, the next one is read and
/// hashed. Nothing that it gives may be relied upon before <see cref="EndAsync"/> has compared all of it with the manifest.
/// Throws <see cref="ErrorCode.BackupDamaged"/> where the file is not what was written.
/// </summary>
internal sealed class BackupReader : IAsyncDisposable
{
    /// <summary>Larger parts are not written; a file that claims to have one would only fill the memory.</summary>
    private const int MaxPartSize = 64 * 1024 * 1024;

    /// <summary>What is read as JSON takes several times its size: 100,000 parts and 20,000 owners fit in.</summary>
    private const int MaxJsonSize = 16 * 1024 * 1024;

    /// <summary>Of 2 MiB each: more expenses than anybody has. What is noted of each part stays in memory to the end.</summary>
    private const int MaxParts = 100_000;

    /// <summary>Ends the reading ahead too.</summary>
    private readonly CancellationToken _token;

    private readonly InflatedStream _content;
    private readonly UstarReader _tar;
    private readonly List<BackupPart> _parts = [];
    private byte[] _reading = [];
    private byte[] _lent = [];
    private Task<Entry?> _next;
    private BackupOrigin? _origin;

    private BackupReader(Stream file, CancellationToken token)
    {
        _token = token;
        _content = new InflatedStream(file);
        _tar = new UstarReader(_content);
        _next = Task.Run(ReadAsync, _token);
    }

    public BackupOrigin Origin => _origin!;

    /// <param name="file">The compressed tar; it stays open.</param>
    /// <param name="schema">The newest schema that can be read.</param>
    public static async Task<BackupReader> OpenAsync(Stream file, int schema, CancellationToken token)
    {
        var reader = new BackupReader(file, token);
        try
        {
            reader._origin = await reader.ReadJsonAsync(BackupManifest.OriginName, BackupJson.Origin);
            if (reader.Origin.Format > BackupOrigin.CurrentFormat || reader.Origin.Schema > schema)
                throw new AppException(ErrorCode.SchemaMismatch,
                    $"The backup was made by Outlay {reader.Origin.Version} with schema {reader.Origin.Schema:D4}, newer than this program, which knows {schema:D4}. " +
                    "Restore it with the version that made it, or a newer one.");
            await reader.ReadJsonAsync(BackupManifest.SettingsName, settings => settings);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>The table whose rows come next; null when there are no more.</summary>
    public async Task<TableLayout?> NextTableAsync()
    {
        var entry = await PeekAsync();
        if (entry.Name == BackupManifest.Name)
            return null;
        var name = entry.Name[..Math.Max(0, entry.Name.IndexOf('.'))];
        var table = BackupTables.All.FirstOrDefault(table => table.Name == name)
            ?? throw Damaged($"{entry.Name} is no part that is known");
        var columns = HeaderOf(entry).Split('\t').Select(header => table.Columns.FirstOrDefault(column => column.Name == header)
            ?? throw Damaged($"{entry.Name} has a column {header}, which is not known"));
        return table with { Columns = [.. columns] };
    }

    /// <summary>The rows of this table, in blocks that are only lent until the next.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> RowsAsync(TableLayout table)
    {
        for (var number = 1; (await PeekAsync()).Name == PartStream.NameOf(table.Name, number); number++)
        {
            var entry = Take();
            if (HeaderOf(entry) != table.Header)
                throw Damaged($"{entry.Name} has other columns than the part before it");
            yield return entry.Content[(table.Header.Length + 1)..];
        }
    }

    /// <summary>Reads the manifest and the end of the file, and compares every part that was read with it.</summary>
    public async Task<BackupManifest> EndAsync()
    {
        var read = _parts.ToList();
        var manifest = await ReadJsonAsync(BackupManifest.Name, BackupJson.Manifest);
        if (await _next is { } more)
            throw Damaged($"{more.Name} stands behind the manifest");
        if (manifest.Origin != Origin)
            throw Damaged($"{BackupManifest.OriginName} is not what the manifest says");
        foreach (var (part, found) in manifest.Parts.Zip(read))
        {
            if (part != found)
                throw Damaged($"{found.Name} is not what the manifest says of {part.Name}");
        }

        return read.Count == manifest.Parts.Count ? manifest : throw Damaged($"the manifest names {manifest.Parts.Count} parts, and {read.Count} are there");
    }

    public async ValueTask DisposeAsync()
    {
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _content.DisposeAsync();
    }

    private static AppException Damaged(string what, Exception? inner = null) =>
        new(ErrorCode.BackupDamaged, $"The backup is damaged: {what}.", inner);

    private static string HeaderOf(Entry entry)
    {
        var end = entry.Content.Span.IndexOf((byte)'\n');
        return end < 0 ? throw Damaged($"{entry.Name} has no columns") : Encoding.UTF8.GetString(entry.Content.Span[..end]);
    }

    private async Task<T> ReadJsonAsync<T>(string name, Func<JsonElement, T> read)
    {
        var entry = await PeekAsync();
        if (entry.Name != name)
            throw Damaged($"{entry.Name} stands where {name} belongs");
        if (entry.Content.Length > MaxJsonSize)
            throw Damaged($"{name} is larger than any that is written");
        try
        {
            using var json = JsonDocument.Parse(Take().Content);
            return read(json.RootElement);
        }
        catch (Exception e) when (BackupJson.IsMisread(e))
        {
            throw Damaged($"{name} cannot be read", e);
        }
    }

    private async Task<Entry> PeekAsync() =>
        await _next ?? throw Damaged("it ends before its manifest");

    /// <summary>Takes the part that was read, and begins to read the next one.</summary>
    private Entry Take()
    {
        var entry = _next.Result!;
        _parts.Add(entry.Part);
        (_reading, _lent) = (_lent, _reading);
        _next = Task.Run(ReadAsync, _token);
        return entry;
    }

    private async Task<Entry?> ReadAsync()
    {
        try
        {
            if (await _tar.NextAsync(_token) is not var (name, size))
            {
                // Behind the tar comes the checksum of the compression.
                await _content.CopyToAsync(Stream.Null, _token);
                return null;
            }

            if (size > MaxPartSize || _parts.Count >= MaxParts)
                throw Damaged($"{name} is no part of a backup");
            var length = (int)size;
            if (_reading.Length < length)
                _reading = new byte[length];
            await _tar.ReadAsync(_reading.AsMemory(0, length), _token);
            return new Entry(name, _reading.AsMemory(0, length), BackupPart.Of(name, _reading.AsSpan(0, length)));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Damaged("it cannot be decompressed, holds something that is no plain file, or ends too early", e);
        }
    }

    private sealed record Entry(string Name, ReadOnlyMemory<byte> Content, BackupPart Part);
}
