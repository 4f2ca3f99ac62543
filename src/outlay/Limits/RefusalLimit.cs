using Outlay.Hosting;

namespace Outlay.Limits;

/// <summary>
/// Keeps an address from guessing keys: after too many requests without a good one it is refused before anything is looked up. It stands
/// before the part that asks for keys.
/// </summary>
internal sealed class RefusalLimit(RequestDelegate next, Settings settings, TimeProvider clock)
{
    private readonly RateLimiter? _refusals = settings.Limits.Refusals is { } quota ? new RateLimiter(quota, clock) : null;

    public async Task InvokeAsync(HttpContext context)
    {
        if (_refusals is null || context.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<NeedsNoDatabase>() is not null)
        {
            await next(context);
            return;
        }

        var budget = new RefusalBudget(_refusals, ClientAddress.Of(context));
        if (budget.Refusal is { } refusal)
        {
            Problems.Refuse(context, refusal);
            return;
        }

        context.Features.Set(budget);
        try
        {
            await next(context);
        }
        catch (AppException e) when (e.Code is ErrorCode.Unauthenticated or ErrorCode.Forbidden)
        {
            budget.SpendUnlessSpent();
            throw;
        }
    }
}
