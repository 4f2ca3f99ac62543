namespace Outlay;

/// <summary>
/// A password or a key of the installation: a value, or the file that holds it. The file is read whenever the secret is needed, so that a new
/// one holds from then on. While the file cannot be used, what was read last goes on.
/// </summary>
internal sealed class Secret
{
    private readonly Lock _lock = new();
    private readonly string? _file;
    private readonly Func<string, string?> _fault;
    private string _value;

    /// <summary>A value that stays.</summary>
    public Secret(string value)
        : this("", value, null, _ => null)
    {
    }

    private Secret(string name, string value, string? file, Func<string, string?> fault) => (Name, _value, _file, _fault) = (name, value, file, fault);

    /// <summary>The setting that it comes from; empty for a value.</summary>
    public string Name { get; }

    /// <summary>How often the file was found to hold another value.</summary>
    public int Changes { get; private set; }

    /// <summary>Why the file could not be used when it was read last; null when it could.</summary>
    public string? Problem { get; private set; }

    /// <summary>A secret from a file. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it cannot be read.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fault">What is wrong with a value; null when nothing is. Asked about every value but the first.</param>
    public static Secret OfFile(string name, string file, Func<string, string?> fault) => new(name, ReadFile(file), file, fault);

    /// <summary>What it is now.</summary>
    public string Read()
    {
        if (_file is null)
            return _value;
        lock (_lock)
        {
            Problem = TryRead(_file, out var value);
            if (Problem is null && value != _value)
            {
                _value = value;
                Changes++;
            }

            return _value;
        }
    }

    private string? TryRead(string file, out string value)
    {
        value = "";
        try
        {
            value = ReadFile(file);
            // Whoever does not replace a file but writes it anew leaves it empty for a moment.
            return value.Length == 0 ? $"{file} is empty" : _fault(value) is { } fault ? $"what {file} holds {fault}" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{file} cannot be read";
        }
    }

    private static string ReadFile(string file) => File.ReadAllText(file).TrimEnd('\r', '\n');
}
