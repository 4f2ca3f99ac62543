using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Outlay.Backup;

namespace Outlay.Tests.Backup;

/// <summary>Opens a backup as anybody can, lets a test change it, and closes it again.</summary>
internal sealed class TarEditor
{
    private readonly List<(string Name, byte[] Content)> _parts = [];

    public IReadOnlyList<string> Names => [.. _parts.Select(part => part.Name)];

    public static TarEditor Open(byte[] backup)
    {
        var editor = new TarEditor();
        using var tar = new TarReader(new GZipStream(new MemoryStream(backup), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            var content = new byte[entry.Length];
            entry.DataStream?.ReadExactly(content);
            editor._parts.Add((entry.Name, content));
        }

        return editor;
    }

    public string Text(string name) => Encoding.UTF8.GetString(_parts.Single(part => part.Name == name).Content);

    public TarEditor Remove(string name)
    {
        _parts.RemoveAll(part => part.Name == name);
        return this;
    }

    public TarEditor Swap(string one, string other)
    {
        var (first, second) = (_parts.FindIndex(part => part.Name == one), _parts.FindIndex(part => part.Name == other));
        (_parts[first], _parts[second]) = (_parts[second], _parts[first]);
        return this;
    }

    public TarEditor Change(string name, Func<string, string> change)
    {
        var index = _parts.FindIndex(part => part.Name == name);
        _parts[index] = (name, Encoding.UTF8.GetBytes(change(Text(name))));
        return this;
    }

    public TarEditor ChangeJson(string name, Action<JsonNode> change) => Change(name, text =>
    {
        var json = JsonNode.Parse(text)!;
        change(json);
        return json.ToJsonString();
    });

    /// <summary>Makes the manifest agree with the parts again, as somebody would who knows the format.</summary>
    public TarEditor Reseal() => ChangeJson(BackupManifest.Name, manifest => manifest["parts"] = new JsonArray(
    [
        .. _parts.Where(part => part.Name != BackupManifest.Name).Select(part => BackupPart.Of(part.Name, part.Content)).Select(part =>
            new JsonObject { ["name"] = part.Name, ["size"] = part.Size, ["sha256"] = part.Sha256 }),
    ]));

    public byte[] Close()
    {
        using var output = new MemoryStream();
        using (var tar = new TarWriter(new GZipStream(output, CompressionLevel.Fastest), TarEntryFormat.Ustar))
        {
            foreach (var (name, content) in _parts)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }

        return output.ToArray();
    }
}
