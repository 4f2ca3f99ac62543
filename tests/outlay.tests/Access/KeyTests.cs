using Outlay.Access;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Access;

/// <summary>Keys over HTTP: what they open, and when they stop.</summary>
public sealed class KeyTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task A_key_opens_the_book_of_its_owner_by_either_header_and_the_history_names_it(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var created = (await AdministerAsync(server, "POST", "/admin/api-keys?owner=ana&name=phone")).MustBe(201);
        var key = created.Json.GetProperty("api_key").GetString()!;

        (await server.SendAsync("POST", "/expenses", Coffee, ("X-API-Key", key))).MustBe(201);
        var listed = (await server.GetAsync("/expenses", ("Authorization", $"bearer {key}"))).MustBe(200);
        var changes = (await server.GetAsync("/changes", ("X-API-Key", key), ("Authorization", $"Bearer {key}"))).MustBe(200);

        Assert.Equal("no-store", created["Cache-Control"]);
        Assert.Equal("ana", created.Json.GetProperty("owner").GetString());
        Assert.Equal(1, listed.Json.GetArrayLength());
        Assert.Equal("no-cache, private", listed["Cache-Control"]);
        Assert.Equal($"key {created.Json.GetProperty("id")} phone", changes.Json[0].GetProperty("actor").GetString());
    }

    [Theory, EachEngine]
    public async Task A_key_is_shown_once_so_no_Idempotency_Key_is_taken_for_it(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        (await AdministerAsync(server, "POST", "/admin/api-keys?owner=ana&name=phone", ("Idempotency-Key", "a"))).MustBeProblem(400, "invalid-input");

        Assert.Equal(0, (await AdministerAsync(server, "GET", "/admin/api-keys")).MustBe(200).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task A_key_is_256_random_bits_and_only_its_hash_and_its_beginning_are_stored(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var service = new KeyService(database.Database, database.Clock);

        var keys = new List<IssuedKey>();
        for (var i = 0; i < 20; i++)
            keys.Add(await service.CreateAsync(new KeyDraft("ana", "k", null, null), Test.Token));

        Assert.Equal(20, keys.Select(key => key.Text).Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^outlay_[A-Za-z0-9_-]{43}$", key.Text));
        foreach (var stored in await service.ListAsync("ana", Test.Token))
        {
            var text = keys.Single(key => key.Key.Id == stored.Id).Text;
            Assert.Equal(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)), stored.Hash);
            Assert.Equal(text[..15], stored.Prefix);
        }
    }

    [Fact]
    public async Task The_file_of_the_database_and_its_backup_hold_no_key_that_could_be_used()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var key = (await new KeyService(database.Database, database.Clock).CreateAsync(new KeyDraft("ana", "phone", null, null), Test.Token)).Text;
        using var backup = new MemoryStream();
        await new Outlay.Backup.BackupWriter(database.Database, database.Settings, "run").WriteAsync(backup, database.Clock.Now, Test.Token);
        backup.Position = 0;
        using var text = new StreamReader(new System.IO.Compression.GZipStream(backup, System.IO.Compression.CompressionMode.Decompress), System.Text.Encoding.Latin1);

        var files = Directory.GetFiles(database.Folder, "outlay.db*").Select(file => File.ReadAllText(file, System.Text.Encoding.Latin1));
        string[] all = [.. files, await text.ReadToEndAsync(Test.Token)];

        Assert.Contains(all[..^1], content => content.Contains(key[..15], StringComparison.Ordinal));
        Assert.Contains(key[..15], all[^1], StringComparison.Ordinal);
        Assert.All(all, content => Assert.DoesNotContain(key[15..], content, StringComparison.Ordinal));
    }

    [Theory, EachEngine]
    public async Task A_bad_key_is_refused_whatever_is_wrong_with_it_and_told_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var good = await server.MakeKeyAsync("ana");
        var other = await server.MakeKeyAsync("ben");

        foreach (var bad in new[] { "", "x", good[..^1], good + "x", good.ToUpperInvariant(), "' or 1=1 --", new string('k', 4000) })
        {
            var refused = (await server.GetAsync("/expenses", ("X-API-Key", bad))).MustBeProblem(401, "unauthenticated");
            Assert.Equal("Bearer realm=\"outlay\", error=\"invalid_token\"", refused["WWW-Authenticate"]);
            Assert.DoesNotContain("ana", refused.Body, StringComparison.Ordinal);
        }

        (await server.GetAsync("/expenses", ("X-API-Key", good), ("Authorization", $"Bearer {other}"))).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync("/expenses", ("Authorization", $"Basic {good}"))).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync($"/expenses?api_key={good}")).MustBeProblem(401, "unauthenticated");
    }

    [Theory, EachEngine]
    public async Task A_key_does_what_its_scopes_say_and_nothing_else(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var (reads, writes, manages) = (await server.MakeKeyAsync("ana", "read"), await server.MakeKeyAsync("ana", "write"), await server.MakeKeyAsync("ana", "admin"));

        (await server.SendAsync("POST", "/expenses", Coffee, ("X-API-Key", writes))).MustBe(201);
        (await server.GetAsync("/expenses", ("X-API-Key", reads))).MustBe(200);
        (await server.SendAsync("HEAD", "/expenses", null, ("X-API-Key", reads))).MustBe(200);
        (await server.GetAsync("/admin/api-keys", ("X-API-Key", manages))).MustBe(200);

        var refused = (await server.SendAsync("POST", "/expenses", Coffee, ("X-API-Key", reads))).MustBeProblem(403, "missing-scope");
        Assert.Equal("Bearer realm=\"outlay\", error=\"insufficient_scope\", scope=\"write\"", refused["WWW-Authenticate"]);
        foreach (var (method, path, key) in new[]
        {
            ("GET", "/expenses", writes), ("GET", "/expenses", manages), ("POST", "/changes/1/undo", reads), ("DELETE", "/expenses/1", reads),
            ("GET", "/admin/api-keys", reads), ("POST", "/admin/api-keys?owner=ana&scopes=admin", writes), ("DELETE", "/admin/api-keys/1", writes),
        })
            (await server.SendAsync(method, path, null, ("X-API-Key", key))).MustBeProblem(403, "missing-scope");
    }

    [Theory, EachEngine]
    public async Task A_wrong_secret_administers_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var secret in new[] { "", "x", TestServer.Secret[..^1], TestServer.Secret + "x" })
            (await server.SendAsync("POST", "/admin/api-keys?owner=ana", null, (TestServer.SecretHeader, secret))).MustBeProblem(403, "forbidden");
        (await server.SendAsync("POST", "/admin/api-keys?owner=ana")).MustBeProblem(403, "forbidden");
        (await server.SendAsync("POST", "/expenses", Coffee, (TestServer.SecretHeader, "x"))).MustBe(201);
        Assert.Equal(0, (await AdministerAsync(server, "GET", "/admin/api-keys")).Json.GetArrayLength());
    }

    [Theory, EachEngine]
    public async Task Without_ADMIN_SECRET_no_secret_is_right(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine, ("ADMIN_SECRET", ""));

        foreach (var secret in new[] { "", "null", TestServer.Secret })
            (await server.SendAsync("POST", "/admin/api-keys?owner=ana", null, (TestServer.SecretHeader, secret))).MustBeProblem(403, "forbidden");
    }

    [Theory, EachEngine]
    public async Task A_key_that_is_revoked_on_one_instance_is_refused_within_5_seconds_on_another(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var first = await TestServer.StartAsync(database);
        await using var second = await TestServer.StartAsync(database);
        var key = await first.MakeKeyAsync("ana");
        (await first.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
        (await second.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);

        (await AdministerAsync(first, "DELETE", "/admin/api-keys/1")).MustBe(204);

        (await first.GetAsync("/expenses", ("X-API-Key", key))).MustBeProblem(401, "unauthenticated");
        database.Clock.Advance(TimeSpan.FromSeconds(4.999));
        (await second.GetAsync("/expenses", ("X-API-Key", key))).MustBeProblem(401, "unauthenticated");
    }

    [Theory, EachEngine]
    public async Task A_key_holds_until_it_expires_and_not_a_moment_longer(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var key = (await AdministerAsync(server, "POST", "/admin/api-keys?owner=ana&expires_in=2h")).MustBe(201).Json.GetProperty("api_key").GetString()!;

        server.Database.Clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
        // What is remembered of it does not outlive it.
        server.Database.Clock.Advance(TimeSpan.FromSeconds(1));
        (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBeProblem(401, "unauthenticated");
        Assert.Equal("expired", (await AdministerAsync(server, "GET", "/admin/api-keys")).Json[0].GetProperty("state").GetString());
    }

    [Theory, EachEngine]
    public async Task After_a_rotation_both_keys_hold_for_the_overlap_and_then_only_the_new_one(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var old = (await AdministerAsync(server, "POST", "/admin/api-keys?owner=ana&name=phone&scopes=read&expires_in=30d")).Json.GetProperty("api_key").GetString()!;

        var rotated = (await AdministerAsync(server, "POST", "/admin/api-keys/1/rotate?overlap=1h")).MustBe(201).Json;
        var key = rotated.GetProperty("api_key").GetString()!;

        Assert.Equal(("ana", "phone", "read"), (rotated.GetProperty("owner").GetString(), rotated.GetProperty("name").GetString(), rotated.GetProperty("scopes")[0].GetString()));
        Assert.Equal(server.Database.Clock.Now.AddDays(30), rotated.GetProperty("expires_at").GetDateTimeOffset());
        server.Database.Clock.Advance(TimeSpan.FromMinutes(59));
        (await server.GetAsync("/expenses", ("X-API-Key", old))).MustBe(200);
        (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
        server.Database.Clock.Advance(TimeSpan.FromMinutes(1));
        (await server.GetAsync("/expenses", ("X-API-Key", old))).MustBeProblem(401, "unauthenticated");
        (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
    }

    [Theory, EachEngine]
    public async Task When_keys_were_used_is_stored_all_at_once_and_not_with_every_request(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using (var server = await TestServer.StartAsync(database))
        {
            var key = await server.MakeKeyAsync("ana");
            for (var i = 0; i < 5; i++)
                (await server.GetAsync("/expenses", ("X-API-Key", key))).MustBe(200);
            Assert.Null((await ListAsync()).Single().LastUsedAt);
        }

        Assert.Equal(database.Clock.Now, (await ListAsync()).Single().LastUsedAt);

        Task<List<ApiKey>> ListAsync() => new KeyService(database.Database, database.Clock).ListAsync(null, Test.Token);
    }

    private static Task<Answer> AdministerAsync(TestServer server, string method, string path, params (string Name, string Value)[] headers) =>
        server.SendAsync(method, path, null, [(TestServer.SecretHeader, TestServer.Secret), .. headers]);
}
