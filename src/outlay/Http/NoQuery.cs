namespace Outlay.Http;

/// <summary>Addresses that take no parameters.</summary>
internal static class NoQuery
{
    /// <summary>What is mapped here refuses every parameter: who sends <c>dry_run=true</c> means something by it.</summary>
    public static RouteGroupBuilder MapWithoutQuery(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("").AddEndpointFilter((context, next) =>
        {
            new QueryFields(context.HttpContext.Request.Query, []).Faults.ThrowIfAny();
            return next(context);
        });
}
