using System.Text.Json;
using Outlay.Expenses;
using Outlay.Http;

namespace Outlay.Access;

/// <summary>Keys over HTTP, for administrators.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("").WithMetadata(new ForAdministrators());
        keys.MapPost("/admin/api-keys", CreateAsync);
        keys.MapMethods("/admin/api-keys", Reading.Methods, ListAsync);
        keys.MapPost("/admin/api-keys/{id:long}/rotate", RotateAsync);
        keys.MapWithoutQuery().MapDelete("/admin/api-keys/{id:long}", RevokeAsync);
    }

    private static async Task CreateAsync(HttpContext context, KeyService service, KeyRing ring, TimeProvider clock, CancellationToken token)
    {
        IdempotencyHeader.Refuse(context.Request);
        var query = new QueryFields(context.Request.Query, ["owner", "name", "scopes", "expires_in"]);
        query.Faults.ThrowIfAny();
        var issued = await service.CreateAsync(new KeyDraft(query["owner"], query["name"], query["scopes"], query["expires_in"]), token);
        ring.Forget();
        await AnswerAsync(context, issued, clock);
    }

    private static async Task ListAsync(HttpContext context, KeyService service, TimeProvider clock, CancellationToken token)
    {
        var query = new QueryFields(context.Request.Query, ["owner"]);
        var owner = query["owner"] is { } name ? OwnerService.Check(name, query.Faults) : null;
        query.Faults.ThrowIfAny();
        var keys = await service.ListAsync(owner, token);
        await AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            keys.ForEach(key => KeyJson.Write(json, key, clock.GetUtcNow()));
            json.WriteEndArray();
        });
    }

    private static async Task RotateAsync(long id, HttpContext context, KeyService service, KeyRing ring, TimeProvider clock, CancellationToken token)
    {
        IdempotencyHeader.Refuse(context.Request);
        var query = new QueryFields(context.Request.Query, ["overlap"]);
        query.Faults.ThrowIfAny();
        var issued = await service.RotateAsync(id, query["overlap"], token);
        ring.Forget();
        await AnswerAsync(context, issued, clock);
    }

    private static async Task RevokeAsync(long id, HttpContext context, KeyService service, KeyRing ring, CancellationToken token)
    {
        await service.RevokeAsync(id, token);
        ring.Forget();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Task AnswerAsync(HttpContext context, IssuedKey issued, TimeProvider clock) =>
        AnswerAsync(context, StatusCodes.Status201Created, json => KeyJson.Write(json, issued, clock.GetUtcNow()));

    private static async Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        write(writer);
    }
}
