namespace Outlay.Hosting;

/// <summary>Answers 503 to what needs the database until the schema is up to date.</summary>
internal sealed class StartupGate(RequestDelegate next, Startup startup)
{
    private const string Starting = "The service is starting: the database is not ready yet, and its log says why";

    public Task InvokeAsync(HttpContext context) =>
        startup.Ready.IsCompleted || context.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is not null
            ? next(context)
            : throw new AppException(ErrorCode.Unavailable, Starting) { RetryAfter = TimeSpan.FromSeconds(1), ForAnybody = Starting };
}

/// <summary>Marks an endpoint that answers before the database is ready, and without it.</summary>
internal sealed class NeedsNoDatabase;
