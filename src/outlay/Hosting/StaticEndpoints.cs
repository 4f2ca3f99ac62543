using System.Net;
using System.Text.Json.Nodes;
using Outlay.Http;

namespace Outlay.Hosting;

/// <summary>What the service says about itself: the page at its address, the API description, the problem types.</summary>
internal static class StaticEndpoints
{
    public static void MapStatic(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithMetadata(new NeedsNoDatabase());
        group.MapMethods("/", Reading.Methods, Root);
        group.MapMethods("/openapi.json", Reading.Methods, OpenApi);
        group.MapMethods("/problems/{slug}", Reading.Methods, Problem);
    }

    private static IResult Root(HttpRequest request, Settings settings)
    {
        request.HttpContext.Response.Headers.Vary = "Accept";
        var wantsPage = request.GetTypedHeaders().Accept.Any(type => type.MatchesMediaType("text/html") && !type.MatchesAllTypes);
        if (!wantsPage)
            return Results.Content($$"""{"status":"ok","service":"{{Product.Name}}","version":"{{Product.Version}}","commit":"{{Product.Commit}}"}""", "application/json");
        var page = Resource("index.html").Replace("outlay add", $"{WebUtility.HtmlEncode(settings.Command)} add", StringComparison.Ordinal);
        request.HttpContext.Response.Headers.ContentSecurityPolicy = SecurityHeaders.ForPage(page);
        return Results.Content(page, "text/html; charset=utf-8");
    }

    private static IResult OpenApi()
    {
        var document = JsonNode.Parse(Resource("openapi.json"))!;
        document["info"]!["version"] = Product.Version;
        return Results.Content(document.ToJsonString(), "application/json");
    }

    private static IResult Problem(string slug)
    {
        if (ErrorTable.FromSlug(slug) is not { } code)
            throw new AppException(ErrorCode.NotFound, "There is no problem of that type");
        var row = ErrorTable.Of(code);
        return Results.Text($"{row.Title} (HTTP {row.HttpStatus}, exit code {row.ExitCode})\n\n{row.Cure}\n", "text/plain; charset=utf-8");
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(StaticEndpoints).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
