using System.Text.Json;
using Outlay.Http;
using Outlay.Limits;

namespace Outlay.Expenses;

/// <summary>Expenses over HTTP.</summary>
internal static class ExpenseEndpoints
{
    private static readonly string[] s_listFields = [.. ExpenseFilterRules.Names, "limit", "cursor"];
    private static readonly string[] s_trashFields = ["limit", "cursor"];

    public static void MapExpenses(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/expenses", Reading.Methods, ListAsync);
        routes.MapMethods("/trash", Reading.Methods, ListTrashAsync);

        var single = routes.MapWithoutQuery();
        single.MapPost("/expenses", AddAsync);
        single.MapMethods("/expenses/{id:long}", Reading.Methods, GetAsync);
        single.MapPut("/expenses/{id:long}", ReplaceAsync);
        single.MapPatch("/expenses/{id:long}", PatchAsync);
        single.MapDelete("/expenses/{id:long}", DeleteAsync);
        single.MapPost("/expenses/{id:long}/restore", RestoreAsync);
    }

    private static Task ListAsync(HttpContext context, ExpenseService service, WholeLists lists, CancellationToken token)
    {
        var query = new QueryFields(context.Request.Query, s_listFields);
        var filter = ExpenseFilterRules.Read(name => query[name], query.Faults);
        return AnswerListAsync(context, service, lists, query, filter, token);
    }

    private static Task ListTrashAsync(HttpContext context, ExpenseService service, WholeLists lists, CancellationToken token)
    {
        var query = new QueryFields(context.Request.Query, s_trashFields);
        return AnswerListAsync(context, service, lists, query, new ExpenseFilter { InTrash = true }, token);
    }

    private static async Task AddAsync(HttpContext context, ExpenseService service, CancellationToken token)
    {
        var body = await RequestBody.ReadJsonAsync(context.Request, token);
        var expense = await service.AddAsync(context.Caller(StatusCodes.Status201Created, body), ExpenseJson.ReadDraft(body), token);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/expenses/{expense.Id}";
        await AnswerAsync(context, expense);
    }

    private static async Task GetAsync(long id, HttpContext context, ExpenseService service, CancellationToken token)
    {
        var expense = await service.GetAsync(context.Owner(), id, token);
        if (!Preconditions.IsKnown(context.Request, expense.Version))
        {
            await AnswerAsync(context, expense);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        context.Response.Headers.ETag = Preconditions.ETag(expense.Version);
    }

    private static async Task ReplaceAsync(long id, HttpContext context, ExpenseService service, CancellationToken token)
    {
        var versions = Preconditions.Required(context.Request);
        var body = await RequestBody.ReadJsonAsync(context.Request, token);
        var draft = ExpenseJson.ReadDraft(body);
        await AnswerAsync(context, (await service.ChangeAsync(context.Caller(StatusCodes.Status200OK, body), id, versions, _ => draft, token)).Expense);
    }

    private static async Task PatchAsync(long id, HttpContext context, ExpenseService service, CancellationToken token)
    {
        var versions = Preconditions.Required(context.Request);
        var body = await RequestBody.ReadJsonAsync(context.Request, token);
        await AnswerAsync(context, (await service.ChangeAsync(context.Caller(StatusCodes.Status200OK, body), id, versions, ExpenseJson.ReadPatch(body), token)).Expense);
    }

    private static async Task DeleteAsync(long id, HttpContext context, ExpenseService service, CancellationToken token)
    {
        await service.DeleteAsync(context.Caller(StatusCodes.Status204NoContent, default), id, Preconditions.Optional(context.Request), token);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task RestoreAsync(long id, HttpContext context, ExpenseService service, CancellationToken token) =>
        await AnswerAsync(context, await service.RestoreAsync(context.Caller(StatusCodes.Status200OK, default), id, Preconditions.Optional(context.Request), token));

    private static async Task AnswerListAsync(
        HttpContext context, ExpenseService service, WholeLists lists, QueryFields query, ExpenseFilter filter, CancellationToken token)
    {
        var limit = query.Number("limit", 1, ExpenseService.MaxPageSize);
        var after = ReadCursor(query);
        if (after is not null && query["limit"] is null)
            query.Faults.Add("cursor", "'cursor' needs 'limit'");
        query.Faults.ThrowIfAny();

        if (limit is null)
        {
            // Its reader decides how long it takes, and lists have limits of their own.
            Admission.Leave(context);
            using var place = await lists.EnterAsync(context, token);
            await ExpenseListFormat.WriteAsync(context, service.ListAsync(context.Owner(), filter, token), filter.InTrash, token);
            return;
        }

        var page = await service.PageAsync(context.Owner(), filter, after, limit.Value, token);
        // How long it takes from here, its reader decides.
        Admission.Leave(context);
        if (page.Next is { } next)
            context.LinkNext($"{next}");
        await ExpenseListFormat.WriteAsync(context, page.Expenses.ToAsyncEnumerable(), filter.InTrash, token);
    }

    private static ExpenseCursor? ReadCursor(QueryFields query)
    {
        if (query["cursor"] is not { } text)
            return null;
        if (ExpenseCursor.TryParse(text, out var cursor))
            return cursor;
        query.Faults.Add("cursor", "'cursor' must be taken from the Link header of the page before");
        return null;
    }

    private static async Task AnswerAsync(HttpContext context, Expense expense)
    {
        context.Response.Headers.ETag = Preconditions.ETag(expense.Version);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        ExpenseJson.Write(writer, expense);
    }
}
