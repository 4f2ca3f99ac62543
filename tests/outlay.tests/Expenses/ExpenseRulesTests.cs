using Outlay.Expenses;

namespace Outlay.Tests.Expenses;

public sealed class ExpenseRulesTests
{
    private static readonly ExpenseDraft s_good = new() { Date = "2026-02-19", Description = "Coffee", Amount = "3.50" };

    [Fact]
    public void Trims_and_keeps_what_was_written()
    {
        var content = Check(s_good with
        {
            Date = " 2026-02-19 ",
            Description = "  Café «Луна» ☕ ",
            Amount = " 3.5 ",
            Currency = " usd ",
            Category = " Food ",
            Tags = [" work ", "Travel", "WORK", " "],
            Notes = " two\nlines\t",
        });

        Assert.Equal(new DateOnly(2026, 2, 19), content.Date);
        Assert.Equal("Café «Луна» ☕", content.Description);
        Assert.Equal(new Money(350, Currency.Of("USD")), content.Amount);
        Assert.Equal("Food", content.Category?.Text);
        Assert.Equal(["Travel", "work"], content.Tags.Select(tag => tag.Text));
        Assert.Equal(" two\nlines\t", content.Notes);
    }

    [Fact]
    public void What_is_blank_is_left_out()
    {
        var content = Check(s_good with { Currency = " ", Category = " ", Notes = " \n " });

        Assert.Equal("EUR", content.Amount.Currency.Code);
        Assert.Null(content.Category);
        Assert.Equal(ExpenseContent.Uncategorised, content.CategoryKey);
        Assert.Null(content.Notes);
    }

    [Fact]
    public void A_draft_of_an_expense_makes_the_same_expense()
    {
        var content = Check(s_good with { Category = "Food", Tags = ["a", "b"], Notes = "x" });

        var again = Check(ExpenseDraft.From(content));

        Assert.Equal(content.Tags, again.Tags);
        Assert.Equal(content, again with { Tags = content.Tags });
    }

    [Fact]
    public void Every_fault_is_told_at_once()
    {
        var faults = Faults(new ExpenseDraft
        {
            Date = "19.02.2026",
            Description = "a\0b",
            Amount = "0",
            Category = new string('x', 65),
            Tags = ["a;b"],
            Notes = "\u0007",
        });

        Assert.Equal(["amount", "category", "date", "description", "notes", "tags"], faults.ByField.Keys.Order());
    }

    [Fact]
    public void Missing_fields_are_summed_up_in_one_sentence()
    {
        var faults = Faults(new ExpenseDraft { Description = " " });

        Assert.Equal("All fields are required", faults.ToString());
        Assert.Equal(["amount", "date", "description"], faults.ByField.Keys.Order());
    }

    [Theory]
    [InlineData("1900-01-01", null)]
    [InlineData("2999-12-31", null)]
    [InlineData("2024-02-29", null)]
    [InlineData("1899-12-31", "Date must be between 1900-01-01 and 2999-12-31")]
    [InlineData("3000-01-01", "Date must be between 1900-01-01 and 2999-12-31")]
    [InlineData("2023-02-29", "2023-02-29 is not a day of the calendar")]
    [InlineData("2026-13-01", "2026-13-01 is not a day of the calendar")]
    [InlineData("2026-00-10", "2026-00-10 is not a day of the calendar")]
    [InlineData("2026-2-19", "Invalid date format. Use YYYY-MM-DD")]
    [InlineData("2026-02-19T10:00:00", "Invalid date format. Use YYYY-MM-DD")]
    [InlineData("٢٠٢٦-٠٢-١٩", "Invalid date format. Use YYYY-MM-DD")]
    [InlineData("yesterday", "Invalid date format. Use YYYY-MM-DD")]
    public void A_date_is_a_real_day_within_its_limits(string date, string? fault) =>
        AssertFault("date", fault, s_good with { Date = date });

    [Theory]
    [InlineData(ExpenseRules.MaxDescriptionLength, null)]
    [InlineData(ExpenseRules.MaxDescriptionLength + 1, "Description can have at most 500 characters, this one has 501")]
    public void A_description_has_a_length(int length, string? fault)
    {
        AssertFault("description", fault, s_good with { Description = new string('x', length) });
        // One character, two UTF-16 code units.
        AssertFault("description", fault, s_good with { Description = string.Concat(Enumerable.Repeat("🍋", length)) });
    }

    [Theory]
    [InlineData(ExpenseRules.MaxNotesLength, null)]
    [InlineData(ExpenseRules.MaxNotesLength + 1, "Notes can have at most 10000 characters, this one has 10001")]
    public void Notes_have_a_length(int length, string? fault) =>
        AssertFault("notes", fault, s_good with { Notes = new string('x', length) });

    [Theory]
    [InlineData(ExpenseRules.MaxLabelLength, null, null)]
    [InlineData(ExpenseRules.MaxLabelLength + 1, "Category can have at most 64 characters, this one has 65", "A tag can have at most 64 characters, this one has 65")]
    public void A_category_and_a_tag_have_a_length(int length, string? categoryFault, string? tagFault)
    {
        AssertFault("category", categoryFault, s_good with { Category = new string('x', length) });
        AssertFault("tags", tagFault, s_good with { Tags = [new string('x', length)] });
    }

    [Theory]
    [InlineData(ExpenseRules.MaxTags, null)]
    [InlineData(ExpenseRules.MaxTags + 1, "An expense can have at most 20 tags, this one has 21")]
    public void An_expense_has_a_number_of_tags(int count, string? fault) =>
        AssertFault("tags", fault, s_good with { Tags = [.. Enumerable.Range(1, count).Select(number => $"tag{number}"), "TAG1"] });

    [Theory]
    [InlineData("EUR", null)]
    [InlineData("eur", null)]
    [InlineData("EURO", "Currency must be a code of ISO 4217, like EUR, USD or JPY")]
    [InlineData("ZZZ", "Currency must be a code of ISO 4217, like EUR, USD or JPY")]
    public void A_currency_is_one_of_ISO_4217(string currency, string? fault) =>
        AssertFault("currency", fault, s_good with { Currency = currency });

    [Theory]
    [InlineData("3.505", null)]
    [InlineData("99999999999999", null)]
    [InlineData("100000000000000", "Amount must be at most 99999999999999")]
    [InlineData("3.5050", "Amount has 4 decimals, and no currency has more than 3: amounts are never rounded")]
    [InlineData("3,50", "Amount is '3,50': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency. Did you mean 3.50?")]
    [InlineData("-3.50", "Amount must be greater than 0")]
    [InlineData("0.000", "Amount must be greater than 0")]
    [InlineData("", "Amount is required")]
    public void An_amount_that_no_currency_allows_is_told_beside_a_wrong_currency(string amount, string? fault)
    {
        var faults = Faults(s_good with { Currency = "Euro", Amount = amount });

        Assert.Contains("currency", faults.ByField.Keys);
        Assert.Equal(fault, faults.ByField.GetValueOrDefault("amount")?.Single());
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_no_text()
    {
        // Written here, because the arguments of an attribute are stored as UTF-8, which cannot hold it.
        string[] texts = ["a\ud800b", "\udc00", "end\ud83c"];
        Assert.All(texts, text =>
        {
            AssertFault("description", "Description must be valid Unicode text: it holds half of a surrogate pair", s_good with { Description = text });
            AssertFault("category", "Category must be valid Unicode text: it holds half of a surrogate pair", s_good with { Category = text });
            AssertFault("tags", "A tag must be valid Unicode text: it holds half of a surrogate pair", s_good with { Tags = [text] });
            AssertFault("notes", "Notes must be valid Unicode text: it holds half of a surrogate pair", s_good with { Notes = text });
        });
    }

    [Theory]
    [InlineData('\0', "U+0000")]
    [InlineData('\u001b', "U+001B")]
    [InlineData('\u007f', "U+007F")]
    [InlineData('\u0085', "U+0085")]
    public void Control_characters_are_refused_everywhere(char character, string name)
    {
        AssertFault("description", $"Description cannot contain control characters ({name})", s_good with { Description = $"a{character}b" });
        AssertFault("notes", $"Notes cannot contain control characters ({name})", s_good with { Notes = $"a{character}b" });
    }

    [Theory]
    [InlineData("\n", "U+000A")]
    [InlineData("\t", "U+0009")]
    public void Only_notes_have_several_lines(string text, string name)
    {
        AssertFault("description", $"Description cannot contain control characters ({name})", s_good with { Description = $"a{text}b" });
        AssertFault("category", $"Category cannot contain control characters ({name})", s_good with { Category = $"a{text}b" });
        AssertFault("notes", null, s_good with { Notes = $"a{text}b" });
    }

    private static ExpenseContent Check(ExpenseDraft draft)
    {
        var faults = new Faults();
        var content = ExpenseRules.Check(draft, Currency.Of("EUR"), faults);
        Assert.Equal("", faults.ToString());
        return content!;
    }

    private static Faults Faults(ExpenseDraft draft)
    {
        var faults = new Faults();
        Assert.Null(ExpenseRules.Check(draft, Currency.Of("EUR"), faults));
        return faults;
    }

    /// <summary>That a draft has this one fault, or none when it is null.</summary>
    private static void AssertFault(string field, string? fault, ExpenseDraft draft)
    {
        if (fault is null)
        {
            Check(draft);
            return;
        }

        var (name, messages) = Assert.Single(Faults(draft).ByField);
        Assert.Equal(field, name);
        Assert.Equal([fault], messages);
    }
}
