using System.Net;
using System.Net.Sockets;
using Outlay.Storage;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Http;

/// <summary>DB_HOST is a list of servers: whichever of them takes writes is used.</summary>
public sealed class FailoverTests
{
    /// <summary>No measure of speed: what takes longer hangs.</summary>
    private static readonly TimeSpan s_hanging = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_server_of_the_list_that_is_silent_is_passed_over()
    {
        const int Requests = 50;
        Assert.SkipWhen(PostgresCluster.SkipReason is not null, PostgresCluster.SkipReason ?? "");
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        // It takes connections and never says a word, as a server does that is frozen.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var asked = 0;
        var counting = CountAsync();
        var environment = new Dictionary<string, string>(database.Environment)
        {
            ["DB_HOST"] = $"{silent.LocalEndpoint},127.0.0.1:{database.Environment["DB_PORT"]}",
        };

        await using var server = await TestServer.StartAsync(environment);
        await server.ReadyAsync().WaitAsync(s_hanging, Test.Token);
        for (var i = 0; i < Requests; i++)
            (await server.GetAsync("/expenses").WaitAsync(s_hanging, Test.Token)).MustBe(200);

        Assert.InRange(asked, 1, Requests / 2);
        silent.Stop();
        await counting;

        async Task CountAsync()
        {
            var clients = new List<TcpClient>();
            try
            {
                for (; ; asked++)
                    clients.Add(await silent.AcceptTcpClientAsync(Test.Token));
            }
            catch (SocketException)
            {
                clients.ForEach(client => client.Dispose());
            }
        }
    }

    [Theory]
    [InlineData("one", "one:5433")]
    [InlineData("one,two:1", "one:5433,two:1")]
    [InlineData("[::1],[::1]:7", "[::1]:5433,[::1]:7")]
    public async Task Each_server_of_the_list_is_told_with_its_own_port(string hosts, string told)
    {
        var environment = new Dictionary<string, string> { ["DB_HOST"] = hosts, ["DB_PORT"] = "5433", ["DB_NAME"] = "book" };
        await using var database = Database.Open(
            Settings.From(new SettingsSource(environment.GetValueOrDefault)), Database.PatienceOfVerbs, TimeProvider.System);

        Assert.Equal($"{told}/book", database.Location);
    }
}
