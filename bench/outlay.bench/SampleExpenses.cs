using System.Text.Json.Nodes;
using Outlay.Expenses;

namespace Outlay.Bench;

/// <summary>Expenses like those of a household over ten years: the same ones in every run.</summary>
internal sealed class SampleExpenses(int seed)
{
    public const int Seed = 20260219;

    public static readonly DateOnly FirstDay = new(2016, 1, 1);
    public static readonly DateOnly LastDay = new(2025, 12, 31);

    /// <summary>A category, its share of all expenses in percent, its middling amount in whole units, and what is bought.</summary>
    private static readonly (string? Category, int Share, int Amount, string[] Descriptions)[] s_kinds =
    [
        ("Groceries", 24, 38, ["Supermarket", "Baker", "Weekly market", "Butcher", "Greengrocer"]),
        ("Eating out", 12, 22, ["Lunch", "Pizzeria", "Dinner with friends", "Noodle bar"]),
        ("Coffee", 10, 4, ["Coffee", "Espresso and croissant", "Tea"]),
        ("Transport", 9, 9, ["Bus ticket", "Train ticket", "Bike repair", "Taxi home"]),
        ("Household", 6, 25, ["Washing powder", "Light bulbs", "Hardware store"]),
        (null, 5, 15, ["Cash withdrawal", "Miscellaneous", "Kiosk"]),
        ("Clothing", 4, 55, ["Shoes", "Winter coat", "T-shirts"]),
        ("Health", 4, 30, ["Pharmacy", "Dentist", "Physiotherapy"]),
        ("Subscriptions", 4, 12, ["Streaming", "Newspaper", "Cloud storage"]),
        ("Children", 3, 28, ["School trip", "Toys", "Music lesson"]),
        ("Fuel", 3, 62, ["Petrol", "Charging station"]),
        ("Leisure", 3, 24, ["Cinema", "Swimming pool", "Museum", "Concert"]),
        ("Books", 2, 17, ["Paperback", "Textbook", "Comic"]),
        ("Gifts", 2, 35, ["Birthday present", "Flowers"]),
        ("Phone", 2, 25, ["Mobile contract", "Prepaid card"]),
        ("Pets", 2, 27, ["Cat food", "Vet"]),
        ("Electricity", 1, 90, ["Electricity bill"]),
        ("Insurance", 1, 140, ["Liability insurance", "Car insurance"]),
        ("Rent", 1, 1150, ["Rent"]),
        ("Travel", 1, 320, ["Hotel", "Flight", "Holiday flat"]),
        ("Taxes", 1, 210, ["Dog tax", "Road tax"]),
    ];

    private static readonly (string Code, int Share)[] s_currencies = [("EUR", 90), ("USD", 5), ("GBP", 3), ("JPY", 1), ("KWD", 1)];

    private static readonly string[] s_tags = ["shared", "reimbursable", "holiday", "work", "cash", "birthday", "online", "Überraschung"];

    private static readonly string[] s_notes = ["paid in cash, no receipt", "split with Ana", "see mail; ref=AB-12", "warranty until next year\nreceipt in the blue folder"];

    // Not for secrets: the same seed must give the same expenses.
    private readonly Random _random = new(seed);

    /// <summary>Expenses in the order in which they were made, spread evenly over all days.</summary>
    public IEnumerable<ExpenseContent> Take(int count)
    {
        var days = LastDay.DayNumber - FirstDay.DayNumber + 1;
        for (var i = 0; i < count; i++)
            yield return Next(FirstDay.AddDays((int)((long)i * days / count)));
    }

    /// <summary>An expense of one of the last days, as the body of a request.</summary>
    public byte[] NextBody()
    {
        var content = Next(LastDay.AddDays(-_random.Next(7)));
        var body = new JsonObject
        {
            ["date"] = ExpenseRules.FormatDate(content.Date),
            ["description"] = content.Description,
            ["amount"] = content.Amount.ToString(),
            ["currency"] = content.Amount.Currency.Code,
            ["category"] = content.Category?.Text,
            ["tags"] = new JsonArray([.. content.Tags.Select(tag => JsonValue.Create(tag.Text))]),
            ["notes"] = content.Notes,
        };
        return System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private ExpenseContent Next(DateOnly date)
    {
        var kind = Draw(s_kinds, kind => kind.Share);
        var currency = Currency.Of(Draw(s_currencies, currency => currency.Share).Code);
        var minor = Math.Max(1, (long)(kind.Amount * (0.3 + (1.4 * _random.NextDouble())) * currency.UnitsPerWhole));
        return new ExpenseContent(
            date,
            Pick(kind.Descriptions),
            new Money(minor, currency),
            kind.Category is null ? null : new Label(kind.Category),
            Tags(),
            _random.Next(100) < 12 ? Pick(s_notes) : null);
    }

    private IReadOnlyList<Label> Tags()
    {
        var count = _random.Next(100) switch { < 75 => 0, < 93 => 1, _ => 2 };
        var first = _random.Next(s_tags.Length);
        return [.. Enumerable.Range(first, count).Select(i => new Label(s_tags[i % s_tags.Length])).OrderBy(tag => tag.Key, StringComparer.Ordinal)];
    }

    private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];

    private T Draw<T>(T[] choices, Func<T, int> share)
    {
        var ticket = _random.Next(choices.Sum(share));
        return choices.First(choice => (ticket -= share(choice)) < 0);
    }
}
