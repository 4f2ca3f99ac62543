namespace Outlay.Http;

/// <summary>
/// Gives each request a time until its answer must begin: then its work is cancelled, and it is answered 503 instead of waiting for something
/// that hangs. The waits within it (<see cref="Settings.PatienceOfRequests"/>) are shorter.
/// </summary>
internal sealed class RequestBudget(RequestDelegate next, Settings settings)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var client = context.RequestAborted;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(client);
        var time = new RequestTime(limit, settings.RequestTimeout);
        context.Features.Set(time);
        context.RequestAborted = limit.Token;
        time.Start();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !client.IsCancellationRequested)
        {
            throw new AppException(ErrorCode.Unavailable, $"The database did not answer within {settings.RequestTimeout.TotalSeconds} s", e)
            { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        finally
        {
            context.RequestAborted = client;
        }
    }
}

/// <summary>The time that a request has. It stands still while somebody else decides how long something takes.</summary>
internal sealed class RequestTime(CancellationTokenSource limit, TimeSpan time)
{
    public void Start() => limit.CancelAfter(time);

    /// <summary>Stops the time; it begins anew when the pause is disposed.</summary>
    public IDisposable Pause()
    {
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        return new End(this);
    }

    private sealed class End(RequestTime time) : IDisposable
    {
        public void Dispose() => time.Start();
    }
}
