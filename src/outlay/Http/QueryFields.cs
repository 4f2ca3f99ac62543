using System.Globalization;
using Outlay.Expenses;

namespace Outlay.Http;

/// <summary>
/// The query of a request, taken strictly: a parameter that is not known, or is there twice, is an error, because a
/// misspelt filter that is ignored answers another question than was asked.
/// </summary>
internal sealed class QueryFields
{
    private readonly IQueryCollection _query;

    public QueryFields(IQueryCollection query, IEnumerable<string> known)
    {
        _query = query;
        var names = known.ToHashSet(StringComparer.Ordinal);
        foreach (var (name, values) in query)
        {
            if (!names.Contains(name))
                Faults.Add(name, $"There is no parameter '{name}': {(names.Count == 0 ? "this address takes none" : $"known are {string.Join(", ", names)}")}");
            else if (values.Count > 1)
                Faults.Add(name, $"'{name}' can be given once");
        }
    }

    public Faults Faults { get; } = new();

    public string? this[string name] => _query.TryGetValue(name, out var values) ? values[0] : null;

    /// <summary>Reads a whole number; null when it is not there.</summary>
    public int? Number(string name, int min, int max)
    {
        if (this[name] is not { } text)
            return null;
        if (int.TryParse(text, NumberStyles.None, null, out var number) && number >= min && number <= max)
            return number;
        Faults.Add(name, $"'{name}' must be a whole number from {min} to {max}");
        return null;
    }

    /// <summary>Reads the place where a page of numbered things begins; null when it is not there.</summary>
    public long? Place(string name)
    {
        if (this[name] is not { } text)
            return null;
        if (long.TryParse(text, NumberStyles.None, null, out var place) && place > 0)
            return place;
        Faults.Add(name, $"'{name}' must be taken from the Link header of the page before");
        return null;
    }
}
