namespace Outlay.Hosting;

/// <summary>Answers 503 to what needs the database until the schema is up to date.</summary>
internal sealed class StartupGate(RequestDelegate next, Startup startup)
{
    public Task InvokeAsync(HttpContext context) =>
        startup.Ready.IsCompleted || context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is not null
            ? next(context)
            : throw new AppException(ErrorCode.Unavailable, "The service is starting: the database is not ready yet, and /readyz says why") { RetryAfter = TimeSpan.FromSeconds(1) };
}

/// <summary>Marks an endpoint that answers before the database is ready, and without it.</summary>
internal sealed class NeedsNoDatabase;
