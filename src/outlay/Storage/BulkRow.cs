namespace Outlay.Storage;

/// <summary>Takes the values of one row of a bulk insert, in the order of its columns: typed, so that none of them is boxed.</summary>
internal abstract class BulkRow
{
    public abstract void Add(long value);

    public abstract void Add(string? value);

    public abstract void Add(DateOnly value);

    public abstract void Add(DateTimeOffset value);

    public abstract void Add(byte[] value);

    /// <summary>Adds a text that is UTF-8 already; null for none.</summary>
    public abstract void AddText(byte[]? value);
}
