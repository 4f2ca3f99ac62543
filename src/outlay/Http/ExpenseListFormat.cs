using System.Text.Json;
using Outlay.Expenses;
using Outlay.Export;

namespace Outlay.Http;

/// <summary>The forms in which a list of expenses goes out, chosen by Accept and streamed at constant memory.</summary>
internal static class ExpenseListFormat
{
    /// <summary>How much is gathered before it is sent.</summary>
    private const int FlushSize = 16 * 1024;

    private static readonly (string Type, Writer Write) s_json = ("application/json; charset=utf-8", WriteJsonAsync);

    private delegate Task Writer(HttpResponse response, IAsyncEnumerable<Expense> expenses, CancellationToken token);

    /// <summary>Answers with the expenses, in the form that the client likes best among those there are.</summary>
    /// <param name="jsonOnly">Whether it must be JSON: CSV does not say when an expense was deleted.</param>
    public static async Task WriteAsync(HttpContext context, IAsyncEnumerable<Expense> expenses, bool jsonOnly, CancellationToken token)
    {
        var (type, write) = jsonOnly ? s_json : Choose(context.Request);
        context.Response.ContentType = type;
        context.Response.Headers.Append("Vary", "Accept");

        // The answer starts only when the first row is there: a database that fails by then is still answered as a failure.
        await using var rows = expenses.GetAsyncEnumerator(token);
        var hasRow = await rows.MoveNextAsync();
        await context.Response.StartAsync(token);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        await write(context.Response, Rows(rows, hasRow), token);
    }

    private static (string Type, Writer Write) Choose(HttpRequest request)
    {
        foreach (var accepted in request.GetTypedHeaders().Accept.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1))
        {
            if (accepted.MatchesAllTypes || accepted.MatchesMediaType("application/json"))
                break;
            if (accepted.MatchesMediaType(ExpenseJson.NdjsonType))
                return (ExpenseJson.NdjsonType, WriterOf(ExportFormat.Ndjson));
            if (accepted.MatchesMediaType(ExpenseCsvWriter.MediaType))
                return ($"{ExpenseCsvWriter.MediaType}; charset=utf-8; header=present", WriterOf(ExportFormat.Csv));
        }

        return s_json;
    }

    private static async IAsyncEnumerable<Expense> Rows(IAsyncEnumerator<Expense> rows, bool hasRow)
    {
        for (; hasRow; hasRow = await rows.MoveNextAsync())
            yield return rows.Current;
    }

    private static async Task WriteJsonAsync(HttpResponse response, IAsyncEnumerable<Expense> expenses, CancellationToken token)
    {
        await using var writer = new Utf8JsonWriter(response.BodyWriter, ExpenseJson.Format);
        writer.WriteStartArray();
        var sent = 0L;
        await foreach (var expense in expenses)
        {
            ExpenseJson.Write(writer, expense);
            // The writer hands each full block on to the response, which keeps all of them until it is flushed.
            if (writer.BytesCommitted + writer.BytesPending - sent < FlushSize)
                continue;
            writer.Flush();
            sent = writer.BytesCommitted;
            await response.BodyWriter.FlushAsync(token);
        }

        writer.WriteEndArray();
    }

    private static Writer WriterOf(ExportFormat format) => async (response, expenses, token) =>
    {
        await using var writer = ExpenseWriter.Over(response.Body, format);
        await writer.WriteAllAsync(expenses, null, token);
    };
}
