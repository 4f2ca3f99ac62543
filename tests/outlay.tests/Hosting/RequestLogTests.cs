using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Logging;
using Outlay.Access;
using Outlay.Hosting;

namespace Outlay.Tests.Hosting;

public sealed class RequestLogTests : IDisposable
{
    private readonly LogCapture _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(200, "/expenses", "info")]
    [InlineData(404, "/expenses", "info")]
    [InlineData(500, "/expenses", "error")]
    [InlineData(503, "/expenses", "warning")]
    [InlineData(200, "/livez", "debug")]
    [InlineData(200, "/startupz", "debug")]
    [InlineData(503, "/readyz", "debug")]
    [InlineData(200, "/metrics", "debug")]
    [InlineData(500, "/metrics", "error")]
    public async Task The_level_tells_whose_fault_it_was(int status, string route, string level)
    {
        await RunAsync(Context(route), context => context.Response.StatusCode = status);

        var line = Assert.Single(_log.Lines);
        Assert.Equal(level, line.GetProperty("level").GetString());
        Assert.Equal("http_request", line.GetProperty("event").GetString());
        Assert.Equal(status, line.GetProperty("status").GetInt32());
        Assert.Equal(route, line.GetProperty("route").GetString());
        Assert.Equal("GET", line.GetProperty("method").GetString());
        Assert.True(line.GetProperty("duration_ms").GetDouble() >= 0);
    }

    [Theory]
    [InlineData("ana", "24d4b96f58da6d4a")]
    [InlineData(null, "-")]
    public async Task The_owner_is_told_by_a_hash(string? owner, string told)
    {
        await RunAsync(Context("/expenses"), context => context.Features.Set(owner is null ? Identity.Administrator : new Identity(owner, "key 1 phone", Scopes.Read)));

        Assert.Equal(told, Assert.Single(_log.Lines).GetProperty("owner_id").GetString());
        Assert.DoesNotContain("\"ana\"", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_path_the_query_and_an_unknown_method_are_not_told()
    {
        var context = Context(route: null);
        (context.Request.Method, context.Request.Path, context.Request.QueryString) = ("SECRET", "/secret", new QueryString("?q=secret"));

        await RunAsync(context, _ => { });

        var line = Assert.Single(_log.Lines);
        Assert.Equal("unmatched", line.GetProperty("route").GetString());
        Assert.Equal("_OTHER", line.GetProperty("method").GetString());
        Assert.DoesNotContain("secret", _log.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_client_that_went_away_is_499()
    {
        var context = Context("/expenses");
        context.RequestAborted = new CancellationToken(canceled: true);

        await RunAsync(context, _ => { });

        Assert.Equal(499, Assert.Single(_log.Lines).GetProperty("status").GetInt32());
        Assert.Equal("info", Assert.Single(_log.Lines).GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_client_that_left_with_the_whole_answer_is_not_499()
    {
        var context = Context("/expenses", hasStarted: true);
        context.RequestAborted = new CancellationToken(canceled: true);

        await RunAsync(context, _ => context.Response.ContentLength = 2);

        Assert.Equal(200, Assert.Single(_log.Lines).GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task An_answer_that_the_service_broke_off_is_an_error()
    {
        var context = Context("/expenses", hasStarted: true);
        context.RequestAborted = new CancellationToken(canceled: true);

        await RunAsync(context, _ => context.Features.Set(new BrokenAnswer()));

        Assert.Equal(200, Assert.Single(_log.Lines).GetProperty("status").GetInt32());
        Assert.Equal("error", Assert.Single(_log.Lines).GetProperty("level").GetString());
    }

    [Fact]
    public async Task An_exception_that_nobody_handled_is_500_and_goes_on()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            RunAsync(Context("/expenses"), _ => throw new InvalidOperationException("secret")));

        Assert.Equal(500, Assert.Single(_log.Lines).GetProperty("status").GetInt32());
        Assert.Equal("error", Assert.Single(_log.Lines).GetProperty("level").GetString());
        Assert.DoesNotContain("secret", _log.Text, StringComparison.Ordinal);
    }

    private Task RunAsync(HttpContext context, Action<HttpContext> handle)
    {
        var middleware = new RequestLog(
            inner =>
            {
                handle(inner);
                return Task.CompletedTask;
            },
            TimeProvider.System, _log.Factory.CreateLogger<RequestLog>());
        return middleware.InvokeAsync(context);
    }

    private static DefaultHttpContext Context(string? route, bool hasStarted = false)
    {
        var context = new DefaultHttpContext { Request = { Method = "GET" } };
        if (hasStarted)
            context.Features.Set<IHttpResponseFeature>(new StartedResponse());
        if (route is not null)
            context.SetEndpoint(new RouteEndpoint(_ => Task.CompletedTask, RoutePatternFactory.Parse(route), 0, null, null));
        return context;
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
