using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Outlay.Expenses;

/// <summary>
/// The rules of an expense, and its limits: the only way from an <see cref="ExpenseDraft"/> to an
/// <see cref="ExpenseContent"/>, whichever door the draft came through. All faults are reported at once.
/// Lengths count Unicode code points, as both database engines do.
/// </summary>
internal static partial class ExpenseRules
{
    public const int MaxDescriptionLength = 500;
    public const int MaxNotesLength = 10_000;
    public const int MaxLabelLength = 64;
    public const int MaxTags = 20;

    /// <summary>What stands between tags where a list of them is one text (CSV); no tag holds it.</summary>
    public const char TagSeparator = ';';

    public static readonly DateOnly MinDate = new(1900, 1, 1);
    public static readonly DateOnly MaxDate = new(2999, 12, 31);

    /// <summary>The order in which both engines give tags back: that of UTF-16 differs for what needs two of its units.</summary>
    private static readonly Comparer<string> s_byBytes = Comparer<string>.Create(
        (left, right) => Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    private const string DateFormat = "yyyy-MM-dd";

    /// <summary>Checks a draft; adds what is wrong to <paramref name="faults"/> and gives null then.</summary>
    public static ExpenseContent? Check(ExpenseDraft draft, Currency ownerCurrency, Faults faults)
    {
        var before = faults.Count;
        faults.AddAll(draft.Misread);
        var date = CheckDate(draft.Date, faults);
        var description = CheckDescription(draft.Description, faults);
        var amount = CheckAmount(draft.Amount, draft.Currency, ownerCurrency, faults);
        var category = CheckLabel("category", "Category", draft.Category, faults);
        var tags = CheckTags(draft.Tags, faults);
        var notes = CheckNotes(draft.Notes, faults);
        return faults.Count == before ? new ExpenseContent(date, description, amount, category, tags, notes) : null;
    }

    /// <summary>Reads a calendar day written YYYY-MM-DD, whatever its year.</summary>
    public static bool TryParseDate(ReadOnlySpan<char> text, out DateOnly date) =>
        DateOnly.TryParseExact(text, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    /// <summary>What is wrong with a text that <see cref="TryParseDate"/> does not take, for a person to read.</summary>
    public static string DateFault(ReadOnlySpan<char> text) => DayPattern().IsMatch(text)
        ? $"{text} is not a day of the calendar"
        : "Invalid date format. Use YYYY-MM-DD";

    /// <summary>Whether a text is written like a date, be it one of the calendar or not.</summary>
    public static bool HasShapeOfDate(string text) => DayPattern().IsMatch(text);

    public static string FormatDate(DateOnly date) => date.ToString(DateFormat, CultureInfo.InvariantCulture);

    private static DateOnly CheckDate(string? text, Faults faults)
    {
        if (string.IsNullOrWhiteSpace(text))
            faults.AddMissing("date", "Date is required");
        else if (!TryParseDate(text.AsSpan().Trim(), out var date))
            faults.Add("date", DateFault(text.AsSpan().Trim()));
        else if (date < MinDate || date > MaxDate)
            faults.Add("date", $"Date must be between {FormatDate(MinDate)} and {FormatDate(MaxDate)}");
        else
            return date;
        return default;
    }

    private static string CheckDescription(string? text, Faults faults)
    {
        var description = text?.Trim() ?? "";
        if (description.Length == 0)
            faults.AddMissing("description", "Description is required");
        else
            CheckText("description", "Description", description, MaxDescriptionLength, allowLines: false, faults);
        return description;
    }

    private static Money CheckAmount(string? text, string? code, Currency ownerCurrency, Faults faults)
    {
        var currency = ownerCurrency;
        if (!string.IsNullOrWhiteSpace(code) && !Currency.TryGet(code.Trim(), out currency))
            faults.Add("currency", "Currency must be a code of ISO 4217, like EUR, USD or JPY");

        var money = Money.Zero(currency ?? ownerCurrency);
        if (string.IsNullOrWhiteSpace(text))
            faults.AddMissing("amount", "Amount is required");
        else if (currency is null && Money.Fault(text.AsSpan().Trim(), null) is { } shape)
            faults.Add("amount", shape);
        else if (currency is not null && !Money.TryParse(text.AsSpan().Trim(), currency, out money, out var fault))
            faults.Add("amount", fault);
        return money;
    }

    /// <summary>Checks a category or a tag; null when there is none.</summary>
    /// <param name="name">What the messages call it.</param>
    public static Label? CheckLabel(string field, string name, string? text, Faults faults)
    {
        var label = text?.Trim() ?? "";
        if (label.Length == 0)
            return null;
        CheckText(field, name, label, MaxLabelLength, allowLines: false, faults);
        return new Label(label);
    }

    private static List<Label> CheckTags(IReadOnlyList<string> texts, Faults faults)
    {
        var tags = new SortedDictionary<string, Label>(s_byBytes);
        foreach (var text in texts)
        {
            if (CheckLabel("tags", "A tag", text, faults) is not { } tag)
                continue;
            if (tag.Text.Contains(TagSeparator))
                faults.Add("tags", $"A tag cannot contain '{TagSeparator}'");
            tags.TryAdd(tag.Key, tag);
        }

        if (tags.Count > MaxTags)
            faults.Add("tags", $"An expense can have at most {MaxTags} tags, this one has {tags.Count}");
        return [.. tags.Values];
    }

    private static string? CheckNotes(string? notes, Faults faults)
    {
        if (string.IsNullOrWhiteSpace(notes))
            return null;
        CheckText("notes", "Notes", notes, MaxNotesLength, allowLines: true, faults);
        return notes;
    }

    /// <summary>Checks that a text is valid Unicode, short enough, and free of control characters.</summary>
    /// <param name="allowLines">Whether line ends and tabs are allowed.</param>
    public static void CheckText(string field, string name, string text, int maxLength, bool allowLines, Faults faults)
    {
        var length = 0;
        for (var rest = text.AsSpan(); !rest.IsEmpty; length++)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
            {
                faults.Add(field, $"{name} must be valid Unicode text: it holds half of a surrogate pair");
                return;
            }

            if (Rune.IsControl(rune) && !(allowLines && rune.Value is ('\n' or '\r' or '\t')))
            {
                faults.Add(field, $"{name} cannot contain control characters (U+{rune.Value:X4})");
                return;
            }

            rest = rest[consumed..];
        }

        if (length > maxLength)
            faults.Add(field, $"{name} can have at most {maxLength} characters, this one has {length}");
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
    private static partial Regex DayPattern();
}
