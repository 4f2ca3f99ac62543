using Microsoft.AspNetCore.Http.Extensions;

namespace Outlay.Http;

/// <summary>Pages of a list (RFC 8288).</summary>
internal static class Paging
{
    /// <summary>Says in the answer where the next page is: the same address with another cursor.</summary>
    public static void LinkNext(this HttpContext context, string cursor)
    {
        var query = new QueryBuilder(context.Request.Query
            .Where(field => field.Key != "cursor")
            .Select(field => KeyValuePair.Create(field.Key, field.Value.ToString()))) { { "cursor", cursor } };
        context.Response.Headers.Link = $"<{context.Request.Path}{query}>; rel=\"next\"";
    }
}
