using System.Text.Json;
using Outlay.Tests.Cli;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>Keys and owners on the command line.</summary>
public sealed class KeyVerbTests
{
    private const string ForPrograms = @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$";

    [Theory, EachEngine]
    public async Task A_key_goes_alone_to_standard_output_and_is_never_shown_again(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);

        var created = await book.FailAsync(0, "keys", "create", "phone", "--owner", "ana", "--scopes", "read", "--expires-in", "90d");
        var list = await book.RunAsync("keys", "list");
        var json = await book.RunAsync("keys", "list", "--owner", "ana", "--output", "json");

        Assert.Matches("^outlay_[A-Za-z0-9_-]{43}\n$", created.Output);
        Assert.Contains("Key 1 phone of ana: read, until", created.Error, StringComparison.Ordinal);
        foreach (var shown in new[] { list, json })
        {
            Assert.Contains(created.Output[..15], shown, StringComparison.Ordinal);
            Assert.DoesNotContain(created.Output.Trim(), shown, StringComparison.Ordinal);
        }
    }

    [Theory, EachEngine]
    public async Task A_running_server_takes_a_key_that_a_verb_made_and_refuses_it_when_a_verb_took_it_back(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        var key = (await book.RunAsync("keys", "create", "phone")).Trim();
        await using var server = OutlayProcess.StartServer(book.Environment);
        using var client = new HttpClient { BaseAddress = await server.WaitForAddressAsync() };
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        Assert.Equal(200, await StatusAsync());

        var rotated = (await book.RunAsync("keys", "rotate", "1", "--overlap", "0s")).Trim();
        await Eventually.TrueAsync("the server refuses the key", async () => await StatusAsync() == 401);
        client.DefaultRequestHeaders.Remove("X-API-Key");
        client.DefaultRequestHeaders.Add("X-API-Key", rotated);
        Assert.Equal(200, await StatusAsync());
        await book.RunAsync("keys", "revoke", "2", "--yes");
        await Eventually.TrueAsync("the server refuses the key", async () => await StatusAsync() == 401);

        async Task<int> StatusAsync() => (int)(await client.GetAsync(new Uri("/expenses", UriKind.Relative), Test.Token)).StatusCode;
    }

    [Theory, EachEngine]
    public async Task What_a_key_changes_beside_itself_is_said(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        const string Made = "Made the owner anna, with an empty book: there was none of that name.\n";
        const string First = "It is the first key: from now on every request to the server needs one.\n";

        var first = await book.FailAsync(0, "keys", "create", "phone", "--owner", "anna");
        var second = await book.FailAsync(0, "keys", "create", "tablet", "--owner", "anna", "--expires-in", "1h");
        var kept = await book.FailAsync(0, "keys", "rotate", "1", "--overlap", "7d");
        var shorter = await book.FailAsync(0, "keys", "rotate", "2", "--overlap", "7d");
        var ended = await book.FailAsync(0, "keys", "rotate", "3", "--overlap", "0s");
        await book.FailAsync(0, "keys", "revoke", "1", "--yes");
        var again = await book.FailAsync(0, "keys", "revoke", "1");
        var ends = JsonDocument.Parse(await book.RunAsync("keys", "list", "--output", "json")).RootElement.EnumerateArray()
            .Select(key => key.GetProperty("expires_at").GetString()?[..16].Replace('T', ' ')).ToList();

        Assert.EndsWith(Made + First, first.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Made the owner", second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("first key", second.Error, StringComparison.Ordinal);
        Assert.EndsWith($"\nKey 1, the old one, holds until {ends[0]}Z.\n", kept.Error, StringComparison.Ordinal);
        // It would have ended before the overlap does.
        Assert.EndsWith($"\nKey 2, the old one, holds until {ends[1]}Z.\n", shorter.Error, StringComparison.Ordinal);
        Assert.EndsWith("\nKey 3, the old one, does not hold any more.\n", ended.Error, StringComparison.Ordinal);
        Assert.Matches("^Key 1 was revoked already, [0-9: -]+Z.\n$", again.Error);
    }

    [Theory, EachEngine]
    public async Task Programs_get_times_in_one_form_and_people_in_a_shorter_one(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.FailAsync(0, "keys", "create", "phone", "--expires-in", "90d");

        var json = JsonDocument.Parse(await book.RunAsync("keys", "list", "--output", "json")).RootElement[0];
        var cells = (await book.RunAsync("keys", "list", "--output", "csv")).Split('\n')[1].Split(',');
        var table = await book.RunAsync("keys", "list");

        Assert.All(["created_at", "expires_at"], member => Assert.Matches(ForPrograms, json.GetProperty(member).GetString()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("last_used_at").ValueKind);
        Assert.Equal($"{json.GetProperty("created_at")},{json.GetProperty("expires_at")},", string.Join(',', cells[^3..]));
        Assert.Matches(" [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}Z", table);
    }

    [Theory, EachEngine]
    public async Task Each_owner_has_a_book_of_their_own(Engine engine)
    {
        await using var book = await Book.CreateAsync(engine);
        await book.RunAsync("owners", "create", "ana", "--currency", "USD");
        await book.RunAsync("add", "5", "Tea", "--owner", "ana");
        await book.RunAsync("add", "3.50", "Coffee");

        Assert.Contains("5.00,USD", await book.RunAsync("list", "--owner", "ana", "--output", "csv"), StringComparison.Ordinal);
        Assert.DoesNotContain("Tea", await book.RunAsync("list", "--output", "csv"), StringComparison.Ordinal);
        await book.FailAsync(4, "show", "1");
        await book.RunAsync("owners", "edit", "ana", "--currency", "JPY");
        Assert.Contains("ana,JPY", await book.RunAsync("owners", "list", "--output", "csv"), StringComparison.Ordinal);
        foreach (var verb in new[] { "list", "summary", "history", "export" })
            await book.RunAsync(verb, "--owner", "ana");
        await book.FailAsync(0, "delete", "1", "--yes", "--owner", "ana");
        await book.RunAsync("restore", "1", "--owner", "ana");
        await book.RunAsync("undo", "--yes", "--owner", "ana");
    }

    [Theory]
    [InlineData(4, "There is no owner bob.\noutlay owners list shows those there are", "list", "--owner", "bob")]
    [InlineData(4, "There is no owner bob.", "owners", "edit", "bob", "--currency", "EUR")]
    [InlineData(4, "There is no key 9.\noutlay keys list shows the keys there are.", "keys", "revoke", "9", "--yes")]
    [InlineData(4, "There is no key 9.", "keys", "rotate", "9")]
    [InlineData(5, "There is an owner default already", "owners", "create", "default")]
    [InlineData(3, "owner: An owner cannot be called *", "owners", "create", "*")]
    [InlineData(3, "owner: An owner cannot be called *", "list", "--owner", "*")]
    [InlineData(2, "--scopes is 'all': use some of read, write and admin, with commas between them.", "keys", "create", "x", "--scopes", "all")]
    [InlineData(2, "--expires-in is 'soon': use a number and a unit, like 24h or 90d, from 1s to 36500d.", "keys", "create", "x", "--expires-in", "soon")]
    [InlineData(2, "--overlap is '-1h': use a number and a unit, like 24h or 90d, from 0s to 36500d.", "keys", "rotate", "1", "--overlap=-1h")]
    [InlineData(2, "'phone' is not the id of a key: give a whole number, as outlay keys list shows it.", "keys", "revoke", "phone")]
    [InlineData(2, "'phone' is not the id of a key: give a whole number, as outlay keys list shows it.", "keys", "rotate", "phone")]
    [InlineData(2, "NAME is missing", "keys", "create")]
    [InlineData(2, "Nobody is at a terminal", "keys", "revoke", "1")]
    public async Task What_cannot_be_done_is_explained(int exitCode, string message, params string[] verb)
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        await book.RunAsync("keys", "create", "first");

        Assert.Contains(message, (await book.FailAsync(exitCode, verb)).Error, StringComparison.Ordinal);
    }
}
