using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Attacks;

/// <summary>Requests whose end two servers could see at two places, sent as bytes: HTTP clients refuse to.</summary>
public sealed class FramingTests
{
    private const string Coffee = """{"date":"2026-02-19","description":"Coffee","amount":3.50}""";

    private static readonly string s_chunked = $"{Coffee.Length:x}\r\n{Coffee}\r\n0\r\n\r\n";

    public static TheoryData<string, string, string> Disputed => new()
    {
        { "HTTP/1.1", $"Content-Length: {s_chunked.Length}\r\nTransfer-Encoding: chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 4", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 0", s_chunked },
        { "HTTP/1.1", $"Content-Length: 0\r\nContent-Length: {Coffee.Length}", Coffee },
        { "HTTP/1.1", $"Content-Length: {Coffee.Length}\r\nContent-Length: {Coffee.Length}", Coffee },
        { "HTTP/1.1", $"Content-Length: {Coffee.Length}, {Coffee.Length}", Coffee },
        { "HTTP/1.1", "Content-Length: -1", Coffee },
        { "HTTP/1.1", $"Content-Length: 0x{Coffee.Length:x}", Coffee },
        { "HTTP/1.1", "Content-Length: 18446744073709551616", Coffee },
        { "HTTP/1.1", "Transfer-Encoding: identity, chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: gzip, chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: xchunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding : chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding:\r\n chunked", s_chunked },
        { "HTTP/1.0", "Transfer-Encoding: chunked", s_chunked },
        { "HTTP/1.1", "Transfer-Encoding: chunked", $"0x{s_chunked}" },
        { "HTTP/1.1", "Transfer-Encoding: chunked", $"{Coffee.Length:x}\n{Coffee}\n0\n\n" },
        { "HTTP/1.1", "Transfer-Encoding: chunked", $"-1\r\n{Coffee}" },
    };

    [Theory]
    [MemberData(nameof(Disputed))]
    public async Task A_request_whose_end_can_be_disputed_is_refused_with_what_is_behind_it(string version, string framing, string body)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        var hidden = $"DELETE /expenses/{await server.AddAsync(Coffee)} HTTP/1.1\r\nHost: localhost\r\n\r\n";
        using var connection = await RawConnection.OpenAsync(server.Address, Test.Token);

        var exchange = await connection.AskAsync(
            Encoding.ASCII.GetBytes($"POST /expenses {version}\r\nHost: localhost\r\nContent-Type: application/json\r\n{framing}\r\n\r\n{body}{hidden}"),
            Ending.Read, toHead: false, wellFramed: false, Test.Token);

        Assert.All(exchange.Answers, answer => Assert.Equal(400, answer.Status));
        Assert.NotEmpty(exchange.Answers);
        Assert.Equal(1, (await server.GetAsync("/expenses")).Json.GetArrayLength());
    }

    [Fact]
    public async Task A_body_in_chunks_alone_is_read_and_the_next_request_is_the_next()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        using var connection = await RawConnection.OpenAsync(server.Address, Test.Token);

        var exchange = await connection.AskAsync(
            Encoding.ASCII.GetBytes($"POST /expenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: Chunked\r\n\r\n{s_chunked}GET /expenses/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            Ending.Read, toHead: false, wellFramed: false, Test.Token);

        Assert.Equal([201, 200], exchange.Answers.Select(answer => answer.Status));
    }

    [Theory]
    [InlineData("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400)]
    [InlineData("GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n", 400)]
    [InlineData("GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("GET /livez HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /docs/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /docs/..%2f..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /docs/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /docs/..\\..\\..\\etc\\passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /problems/..%2f..%2fappsettings.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)]
    [InlineData("GET /docs/%00index.html HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    public async Task What_leads_to_another_host_or_out_of_a_folder_is_refused(string request, int status)
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        using var connection = await RawConnection.OpenAsync(server.Address, Test.Token);

        var exchange = await connection.AskAsync(Encoding.Latin1.GetBytes(request), Ending.Read, toHead: false, wellFramed: false, Test.Token);

        Assert.Equal(status, Assert.Single(exchange.Answers).Status);
    }
}
