using System.Text.Json;
using Outlay.Expenses;
using Outlay.Http;
using Outlay.Limits;

namespace Outlay.History;

/// <summary>The history over HTTP.</summary>
internal static class HistoryEndpoints
{
    private const int DefaultLimit = 100;

    private static readonly string[] s_fields = ["limit", "cursor"];

    public static void MapHistory(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/expenses/{id:long}/history", Reading.Methods, ListVersionsAsync);
        routes.MapMethods("/changes", Reading.Methods, ListChangesAsync);
        routes.MapWithoutQuery().MapPost("/changes/{seq:long}/undo", UndoAsync);
    }

    private static async Task ListVersionsAsync(long id, HttpContext context, HistoryService service, CancellationToken token)
    {
        var (limit, cursor) = ReadPage(context);
        await AnswerAsync(context, await service.VersionsAsync(context.Owner(), id, cursor ?? 0, limit, token), HistoryJson.Write);
    }

    private static async Task ListChangesAsync(HttpContext context, HistoryService service, CancellationToken token)
    {
        var (limit, cursor) = ReadPage(context);
        await AnswerAsync(context, await service.ChangesAsync(context.Owner(), cursor, limit, token), HistoryJson.Write);
    }

    private static async Task UndoAsync(long seq, HttpContext context, UndoService service, CancellationToken token)
    {
        var undo = await service.UndoAsync(context.Caller(StatusCodes.Status200OK, default), seq, UndoService.MaxOfRequest, onProgress: null, token);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        HistoryJson.Write(writer, undo);
    }

    private static (int Limit, long? Cursor) ReadPage(HttpContext context)
    {
        var query = new QueryFields(context.Request.Query, s_fields);
        var (limit, cursor) = (query.Number("limit", 1, ExpenseService.MaxPageSize), query.Place("cursor"));
        query.Faults.ThrowIfAny();
        return (limit ?? DefaultLimit, cursor);
    }

    private static async Task AnswerAsync<T>(HttpContext context, HistoryPage<T> page, Action<Utf8JsonWriter, T> write)
    {
        // How long it takes from here, its reader decides.
        Admission.Leave(context);
        if (page.Next is { } next)
            context.LinkNext($"{next}");
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        writer.WriteStartArray();
        foreach (var item in page.Items)
            write(writer, item);
        writer.WriteEndArray();
    }
}
