namespace Outlay.Expenses;

/// <summary>Collects everything that is wrong with an input, by field, so that it is told at once and not one by one.</summary>
internal sealed class Faults
{
    /// <summary>The summary of any number of missing fields.</summary>
    public const string Missing = "All fields are required";

    private readonly List<(string Field, string Message, string Summary)> _faults = [];

    public int Count => _faults.Count;

    public bool Has(string field) => _faults.Any(fault => fault.Field == field);

    public void AddAll(Faults others) => _faults.AddRange(others._faults);

    public void Add(string field, string message) => _faults.Add((field, message, message));

    /// <summary>Adds that a field is missing, unless something else is wrong with it already.</summary>
    public void AddMissing(string field, string message)
    {
        if (!Has(field))
            _faults.Add((field, message, Missing));
    }

    /// <summary>The messages by field.</summary>
    public IReadOnlyDictionary<string, string[]> ByField => _faults
        .GroupBy(fault => fault.Field, fault => fault.Message)
        .ToDictionary(group => group.Key, group => group.Distinct().ToArray());

    /// <summary>A message that says which field it is about: some begin with its name.</summary>
    public static string Line(string field, string message) =>
        message.TrimStart('\'').TrimStart('-').StartsWith(field.TrimStart('-'), StringComparison.OrdinalIgnoreCase) ? message : $"{field}: {message}";

    /// <summary>All faults in one line.</summary>
    public override string ToString() => string.Join("; ", _faults.Select(fault => fault.Summary).Distinct());

    /// <summary>Throws <see cref="ErrorCode.InvalidInput"/> with every fault, or does nothing when there is none.</summary>
    public void ThrowIfAny()
    {
        if (Count > 0)
            throw new AppException(ErrorCode.InvalidInput, ToString()) { Errors = ByField };
    }
}
