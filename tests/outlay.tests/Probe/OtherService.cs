using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Probe;

/// <summary>A service that is not Outlay, where a prober expects it: it answers everything with the same words.</summary>
internal sealed class OtherService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtherService(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public static async Task<OtherService> StartAsync(string answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status201Created : StatusCodes.Status200OK;
            return context.Response.WriteAsync(answer, context.RequestAborted);
        });
        await app.StartAsync(Test.Token);
        return new OtherService(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
