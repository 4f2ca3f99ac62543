using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>An expense from its recording to the trash and back, as a person sees it.</summary>
public sealed class ExpenseLifeTests
{
    private const string Coffee =
        """{"date":"2026-02-19","description":"Coffee","amount":3.50,"category":"Food","tags":["work","Bar"],"notes":"with Eve"}""";

    [Theory, EachEngine]
    public async Task An_expense_is_answered_as_it_was_stored(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var answer = await server.SendAsync("POST", "/expenses", Coffee);

        answer.MustBe(201);
        Assert.Equal("/expenses/1", answer["Location"]);
        Assert.Equal("\"1\"", answer["ETag"]);
        Assert.Equal("application/json; charset=utf-8", answer["Content-Type"]);
        Assert.Equal(
            """{"id":1,"date":"2026-02-19","description":"Coffee","amount":3.50,"currency":"EUR","category":"Food","tags":["Bar","work"],"notes":"with Eve","version":1,"created_at":"2026-02-19T10:30:00.000Z","updated_at":"2026-02-19T10:30:00.000Z"}""",
            answer.Body);
        var read = (await server.GetAsync(answer["Location"]!)).MustBe(200);
        Assert.Equal(answer.Body, read.Body);
        Assert.Equal(answer["ETag"], read["ETag"]);
        Assert.Equal(answer["Content-Type"], read["Content-Type"]);
    }

    [Theory, EachEngine]
    public async Task Only_date_description_and_amount_are_needed(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("DEFAULT_CURRENCY", "JPY"));

        var answer = await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Ramen","amount":1200}""");

        Assert.StartsWith(
            """{"id":1,"date":"2026-02-19","description":"Ramen","amount":1200,"currency":"JPY","category":null,"tags":[],"notes":null,"version":1,""",
            answer.MustBe(201).Body, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_replaced_expense_keeps_nothing_of_what_it_was(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        server.Database.Clock.Advance(TimeSpan.FromMinutes(1));

        var answer = await server.SendAsync(
            "PUT", "/expenses/1", """{"date":"2026-02-20","description":"Tea","amount":"2.5","currency":"usd"}""", ("If-Match", "\"1\""));

        answer.MustBe(200);
        Assert.Equal("\"2\"", answer["ETag"]);
        Assert.Equal(
            """{"id":1,"date":"2026-02-20","description":"Tea","amount":2.50,"currency":"USD","category":null,"tags":[],"notes":null,"version":2,"created_at":"2026-02-19T10:30:00.000Z","updated_at":"2026-02-19T10:31:00.000Z"}""",
            answer.Body);
        Assert.Equal(answer.Body, (await server.GetAsync("/expenses/1")).Body);
    }

    [Theory, EachEngine]
    public async Task What_was_read_can_be_sent_back(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        var read = await server.GetAsync("/expenses/1");
        var changed = read.Body.Replace("\"id\":1", "\"id\":77", StringComparison.Ordinal).Replace("\"version\":1", "\"version\":9", StringComparison.Ordinal);

        var answer = await server.SendAsync("PUT", "/expenses/1", changed, ("If-Match", read["ETag"]!));

        Assert.Equal(read.Body, answer.MustBe(200).Body);
    }

    [Theory, EachEngine]
    public async Task A_deleted_expense_waits_in_the_trash_and_can_be_restored(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);

        var deleted = await server.SendAsync("DELETE", "/expenses/1");

        deleted.MustBe(204);
        Assert.Equal("", deleted.Body);
        var gone = (await server.GetAsync("/expenses/1")).MustBeProblem(404, "not-found");
        Assert.Equal("Expense with id 1 not found: it is in the trash, and can be restored", gone.Detail);
        Assert.Equal("[]", (await server.GetAsync("/expenses")).Body);
        Assert.Equal("0.00", (await server.GetAsync("/expenses/summary")).Json.GetProperty("total").GetRawText());
        var trash = (await server.GetAsync("/trash")).Json;
        Assert.Equal(1, trash[0].GetProperty("id").GetInt64());
        Assert.Equal("2026-02-19T10:30:00.000Z", trash[0].GetProperty("deleted_at").GetString());

        var restored = await server.SendAsync("POST", "/expenses/1/restore");

        Assert.Equal("\"3\"", restored.MustBe(200)["ETag"]);
        Assert.Equal(restored.Body, (await server.GetAsync("/expenses/1")).Body);
        Assert.False(restored.Json.TryGetProperty("deleted_at", out _));
        Assert.Equal("[]", (await server.GetAsync("/trash")).Body);
        Assert.Equal("3.50", (await server.GetAsync("/expenses/summary")).Json.GetProperty("total").GetRawText());
    }

    [Theory, EachEngine]
    public async Task The_id_of_a_deleted_expense_is_not_given_out_again(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        await server.SendAsync("DELETE", "/expenses/1");

        Assert.Equal(2, await server.AddAsync(Coffee));
    }

    [Theory, EachEngine]
    public async Task What_is_not_there_cannot_be_read_changed_deleted_or_restored(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        await server.AddAsync(Coffee);
        await server.AddAsync(Coffee);
        await server.SendAsync("DELETE", "/expenses/2");

        foreach (var (id, where) in new[] { (2, ": it is in the trash, and can be restored"), (9, "") })
        {
            var missing = $"Expense with id {id} not found{where}";
            Assert.Equal(missing, (await server.GetAsync($"/expenses/{id}")).MustBeProblem(404, "not-found").Detail);
            Assert.Equal(missing, (await server.SendAsync("PUT", $"/expenses/{id}", Coffee, ("If-Match", "*"))).MustBeProblem(404, "not-found").Detail);
            Assert.Equal(missing, (await server.SendAsync("PATCH", $"/expenses/{id}", "{}", ("If-Match", "*"))).MustBeProblem(404, "not-found").Detail);
            Assert.Equal(missing, (await server.SendAsync("DELETE", $"/expenses/{id}")).MustBeProblem(404, "not-found").Detail);
        }

        Assert.Equal("Expense with id 1 is not in the trash", (await server.SendAsync("POST", "/expenses/1/restore")).MustBeProblem(404, "not-found").Detail);
        Assert.Equal("Expense with id 9 is not in the trash", (await server.SendAsync("POST", "/expenses/9/restore")).MustBeProblem(404, "not-found").Detail);
    }
}
