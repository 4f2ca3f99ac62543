using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>What a body can be that is not a good expense in good JSON.</summary>
public sealed class BodyTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    [Theory, EachEngine]
    public async Task A_body_that_is_no_json_object_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        string[] bodies =
        [
            "", " ", "[]", "\"Coffee\"", "3.50", "null", "true", "{", """{"date":}""", """{'date':'2026-02-19'}""", "date=2026-02-19&amount=3.50",
            $"{Coffee}{Coffee}", $"{Coffee},", $"// coffee\n{Coffee}", """{"date":"2026-02-19","description":"Coffee","amount":03.50}""",
            """{"date":"2026-02-19","description":"Coffee","amount":NaN}""", """{"date":"2026-02-19","description":"Coffee","amount":+1}""",
            """{"date":"2026-02-19","description":"Coffee","amount":3.50,"amount":4.50}""",
            """{"date":"2026-02-19","description":"Coffee","amount":3.50,"\u0061mount":4.50}""",
            $$"""{"date":"2026-02-19","description":"Coffee","amount":3.50,"notes":{{new string('[', 9)}}{{new string(']', 9)}}}""",
            new string('[', 30_000),
            """{"date":"2026-02-19","description":"Coffee","amount":3.50,"\ud800":1}""",
        ];

        foreach (var body in bodies)
        {
            var answer = (await server.SendAsync("POST", "/expenses", body)).MustBeProblem(400, "invalid-input");
            Assert.StartsWith("The body ", answer.Detail, StringComparison.Ordinal);
            Assert.False(answer.Json.TryGetProperty("errors", out _));
        }
    }

    [Theory, EachEngine]
    public async Task What_is_wrong_with_the_json_is_told_and_where(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        (string Body, string Detail)[] cases =
        [
            ("", "The body is empty: it must be a JSON object"),
            ("{", "The body is not valid JSON (byte 2)"),
            ("{\n  \"date\":\n}", "The body is not valid JSON (line 3, byte 1)"),
            ("""{"date":"2026-02-19","amount":3.50,"amount":4.50}""", "The body names a field twice"),
            ("""{"tags":{"a":1,"a":2}}""", "The body names a field twice"),
            ($$"""{"notes":{{new string('[', 8)}}{{new string(']', 8)}}}""", "The body is nested more than 8 levels deep"),
            (new string('[', 30_000), "The body is nested more than 8 levels deep"),
            ("""{"notes":[[[,]]]}""", "The body is not valid JSON (byte 13)"),
            ("[]", "The body must be a JSON object, like {\"date\":\"2026-02-19\",\"description\":\"Coffee\",\"amount\":3.50}"),
        ];

        foreach (var (body, detail) in cases)
            Assert.Equal(detail, (await server.SendAsync("POST", "/expenses", body)).MustBeProblem(400, "invalid-input").Detail);
    }

    [Fact]
    public async Task A_body_that_does_not_come_is_not_called_wrong()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Coffee.Length}\r\n\r\n{{"), Test.Token);

        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync(Test.Token);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("/problems/request-timeout", answer, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task Text_that_is_not_unicode_is_refused(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        byte[] latin1 = [.. """{"date":"2026-02-19","description":"Caf"""u8, 0xE9, .. "\",\"amount\":3.50}"u8];
        byte[] latin1Name = [.. """{"date":"2026-02-19","description":"Coffee","amount":3.50,"caf"""u8, 0xE9, .. "\":1}"u8];

        var half = (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Caf\ud83d","amount":3.50}""")).MustBeProblem(400, "invalid-input");
        var halfTag = (await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"Coffee","amount":3.50,"tags":["\udc00"]}""")).MustBeProblem(400, "invalid-input");
        (await SendAsync(server, latin1)).MustBeProblem(400, "invalid-input");
        (await SendAsync(server, latin1Name)).MustBeProblem(400, "invalid-input");

        Assert.Single(half.ErrorsOf("description"));
        Assert.Single(halfTag.ErrorsOf("tags"));
        Assert.Equal("[]", (await server.GetAsync("/expenses")).Body);
    }

    [Theory, EachEngine]
    public async Task Letters_of_every_script_come_back_as_they_were(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        const string Text = "Καφές <b>☕ & 😀 \\ שלום";

        var escaped = await server.SendAsync("POST", "/expenses", """{"date":"2026-02-19","description":"\u2615\ud83d\ude00","amount":1}""");
        var plain = await server.SendAsync("POST", "/expenses", $$"""{"date":"2026-02-19","description":"{{Text.Replace(@"\", @"\\", StringComparison.Ordinal)}}","amount":1}""");

        Assert.Equal("☕😀", escaped.MustBe(201).Json.GetProperty("description").GetString());
        Assert.Equal(Text, plain.MustBe(201).Json.GetProperty("description").GetString());
    }

    [Theory, EachEngine]
    public async Task A_byte_order_mark_is_passed_over(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        var answer = await SendAsync(server, [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Coffee)]);

        answer.MustBe(201);
    }

    [Theory, EachEngine]
    public async Task Only_json_is_read(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);

        foreach (var type in new[] { null, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp" })
            (await SendAsync(server, Encoding.UTF8.GetBytes(Coffee), type)).MustBeProblem(415, "unsupported-media-type");
        foreach (var type in new[] { "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json" })
            (await SendAsync(server, Encoding.UTF8.GetBytes(Coffee), type)).MustBe(201);
    }

    [Theory, EachEngine]
    public async Task A_body_has_64_KiB_at_most(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        byte[] OfLength(int length) => Encoding.UTF8.GetBytes(Coffee.PadRight(length));

        (await SendAsync(server, OfLength(64 * 1024))).MustBe(201);
        var answer = (await SendAsync(server, OfLength((64 * 1024) + 1))).MustBeProblem(413, "body-too-large");
        Assert.Equal("The body may have at most 64 KiB", answer.Detail);

        // Without Content-Length, what stands between the chunks counts as well.
        (await SendAsync(server, OfLength(63 * 1024), chunked: true)).MustBe(201);
        (await SendAsync(server, OfLength((64 * 1024) + 1), chunked: true)).MustBeProblem(413, "body-too-large");
    }

    private static async Task<Answer> SendAsync(TestServer server, byte[] body, string? type = "application/json", bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/expenses") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        request.Headers.TransferEncodingChunked = chunked;
        return await server.SendAsync(request);
    }
}
