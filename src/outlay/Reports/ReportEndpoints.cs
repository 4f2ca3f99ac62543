using System.Text.Json;
using Outlay.Expenses;
using Outlay.Http;

namespace Outlay.Reports;

/// <summary>Summaries over HTTP.</summary>
internal static class ReportEndpoints
{
    private static readonly string[] s_fields = [.. ExpenseFilterRules.Names, "group_by"];

    public static void MapReports(this IEndpointRouteBuilder routes) => routes.MapMethods("/expenses/summary", Reading.Methods, SummariseAsync);

    private static async Task SummariseAsync(HttpContext context, ReportService service, CancellationToken token)
    {
        var query = new QueryFields(context.Request.Query, s_fields);
        var filter = ExpenseFilterRules.Read(name => query[name], query.Faults);
        var group = SummaryGroupRules.Read(query["group_by"], query.Faults);
        query.Faults.ThrowIfAny();

        var summary = await service.SummariseAsync(context.Owner(), filter, group, token);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, ExpenseJson.Format);
        SummaryJson.Write(writer, summary);
    }
}
