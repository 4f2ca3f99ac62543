using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>What a person gets wrong in an expense, and what the answer says.</summary>
public sealed class FaultTests
{
    [Theory, EachEngine]
    public async Task Each_fault_is_told_in_words(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (string Body, string Detail)[] cases =
        [
            ("""{"date":"2026-02-19","description":"Coffee","amount":0}""", "Amount must be greater than 0"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":-3.50}""", "Amount must be greater than 0"),
            ("""{"date":"2026-02-19","description":"Coffee"}""", "All fields are required"),
            ("""{"date":"2026-02-19","description":"  ","amount":3.50}""", "All fields are required"),
            ("""{"date":null,"description":null,"amount":null}""", "All fields are required"),
            ("{}", "All fields are required"),
            ("""{"date":"19.02.2026","description":"Coffee","amount":3.50}""", "Invalid date format. Use YYYY-MM-DD"),
            ("""{"date":"2026-02-30","description":"Coffee","amount":3.50}""", "2026-02-30 is not a day of the calendar"),
            ("""{"date":"2026-02-19T10:00:00Z","description":"Coffee","amount":3.50}""", "Invalid date format. Use YYYY-MM-DD"),
            ("""{"date":"1899-12-31","description":"Coffee","amount":3.50}""", "Date must be between 1900-01-01 and 2999-12-31"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"currency":"XYZ"}""", "Currency must be a code of ISO 4217, like EUR, USD or JPY"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"amout":1}""",
                "There is no field 'amout': known are date, description, amount, currency, category, tags, notes"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":"work"}""", "'tags' must be an array of strings"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["work",1]}""", "'tags' must be an array of strings"),
            ("""{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["a;b"]}""", "A tag cannot contain ';'"),
            ("""{"date":"2026-02-19","description":"Cof\u0000fee","amount":3.50}""", "Description cannot contain control characters (U+0000)"),
        ];

        foreach (var (body, detail) in cases)
        {
            var answer = (await server.SendAsync("POST", "/expenses", body)).MustBeProblem(400, "invalid-input");
            Assert.Equal(detail, answer.Detail);
        }

        Assert.Equal("[]", (await server.GetAsync("/expenses")).Body);
    }

    [Theory, EachEngine]
    public async Task All_faults_are_told_at_once(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var answer = await server.SendAsync("POST", "/expenses", """{"date":20260219,"amount":"3,50","category":["Food"],"tags":[null],"colour":"red"}""");

        answer.MustBeProblem(400, "invalid-input");
        Assert.Equal(["'date' must be a string"], answer.ErrorsOf("date"));
        Assert.Equal(["Description is required"], answer.ErrorsOf("description"));
        Assert.Equal("Amount is '3,50': use digits with a point before the decimals, like 3.50, and no comma, sign, exponent or currency. Did you mean 3.50?", Assert.Single(answer.ErrorsOf("amount")));
        Assert.Equal(["'category' must be a string"], answer.ErrorsOf("category"));
        Assert.Equal(["'tags' must be an array of strings"], answer.ErrorsOf("tags"));
        Assert.StartsWith("There is no field 'colour'", Assert.Single(answer.ErrorsOf("colour")), StringComparison.Ordinal);
        Assert.Contains("All fields are required", answer.Detail, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task Text_is_as_long_as_its_limit_and_no_longer(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        // Beyond the first plane, where one character takes two units of UTF-16.
        string Expense(int description, int notes, int category, int tag) =>
            $$"""{"date":"2026-02-19","amount":1,"description":"{{Repeat(description)}}","notes":"{{Repeat(notes)}}","category":"{{Repeat(category)}}","tags":["{{Repeat(tag)}}"]}""";
        string Repeat(int count) => string.Concat(Enumerable.Repeat("\U0001F600", count));

        var longest = (await server.SendAsync("POST", "/expenses", Expense(500, 10_000, 64, 64))).MustBe(201);
        var tooLong = (await server.SendAsync("POST", "/expenses", Expense(501, 10_001, 65, 65))).MustBeProblem(400, "invalid-input");

        Assert.Equal(Repeat(10_000), longest.Json.GetProperty("notes").GetString());
        Assert.Equal(["Description can have at most 500 characters, this one has 501"], tooLong.ErrorsOf("description"));
        Assert.Equal(["Notes can have at most 10000 characters, this one has 10001"], tooLong.ErrorsOf("notes"));
        Assert.Equal(["Category can have at most 64 characters, this one has 65"], tooLong.ErrorsOf("category"));
        Assert.Equal(["A tag can have at most 64 characters, this one has 65"], tooLong.ErrorsOf("tags"));
    }

    [Theory, EachEngine]
    public async Task A_fault_in_a_change_leaves_the_expense_as_it_was(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync("""{"date":"2026-02-19","description":"Coffee","amount":3.50}""");
        var before = (await server.GetAsync("/expenses/1")).Body;

        (await server.SendAsync("PUT", "/expenses/1", """{"date":"2026-02-19","description":"Coffee","amount":0}""", ("If-Match", "*"))).MustBeProblem(400, "invalid-input");
        (await server.SendAsync("PATCH", "/expenses/1", """{"amount":3.505}""", ("If-Match", "*"))).MustBeProblem(400, "invalid-input");

        Assert.Equal(before, (await server.GetAsync("/expenses/1")).Body);
    }
}
