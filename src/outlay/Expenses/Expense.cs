namespace Outlay.Expenses;

/// <summary>A stored expense.</summary>
/// <param name="Id">Ascending; never used again after a deletion.</param>
/// <param name="Content">What was recorded.</param>
/// <param name="Version">1 when created, one more with every change, deletion and restore; the ETag over HTTP.</param>
/// <param name="DeletedAt">When it went into the trash; null while it counts.</param>
internal sealed record Expense(
    long Id,
    ExpenseContent Content,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? DeletedAt);

/// <summary>What a person records about an expense, checked by <see cref="ExpenseRules"/>: nothing else makes one.</summary>
internal sealed record ExpenseContent(
    DateOnly Date,
    string Description,
    Money Amount,
    Label? Category,
    IReadOnlyList<Label> Tags,
    string? Notes)
{
    /// <summary>What reports and filters call an expense without a category.</summary>
    public const string Uncategorised = "uncategorised";

    public string CategoryKey => Category?.Key ?? Uncategorised;

    /// <summary>Description and notes, folded: what the text filter looks in.</summary>
    public string SearchText => Label.Fold(Notes is null ? Description : $"{Description}\n{Notes}");
}

/// <summary>A category or a tag: shown as it was written, the same as any other spelling in capitals or not.</summary>
internal readonly record struct Label(string Text)
{
    /// <summary>The spelling that is compared.</summary>
    public string Key => Fold(Text);

    /// <summary>
    /// Folds text so that capitals make no difference, alike on both engines. The Greek sigma has a second small letter, for the end of a word.
    /// </summary>
    public static string Fold(string text) => text.ToLowerInvariant().Replace('ς', 'σ');

    public override string ToString() => Text;
}

/// <summary>An expense as somebody wrote it, before it is checked. Every door (HTTP, CLI, import) fills in the same one.</summary>
internal sealed record ExpenseDraft
{
    public string? Date { get; init; }
    public string? Description { get; init; }
    public string? Amount { get; init; }

    /// <summary>Null or empty means the currency of the owner.</summary>
    public string? Currency { get; init; }
    public string? Category { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? Notes { get; init; }

    /// <summary>What was wrong with the form already, before the rules look at the content.</summary>
    public Faults Misread { get; init; } = new();

    public static ExpenseDraft From(ExpenseContent content) => new()
    {
        Date = ExpenseRules.FormatDate(content.Date),
        Description = content.Description,
        Amount = content.Amount.ToString(),
        Currency = content.Amount.Currency.Code,
        Category = content.Category?.Text,
        Tags = [.. content.Tags.Select(tag => tag.Text)],
        Notes = content.Notes,
    };
}
