using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Access;
using Outlay.Expenses;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Contract;

/// <summary>What the document says about itself and about the limits of the program.</summary>
public sealed class OpenApiTests
{
    private readonly OpenApiDocument _document = new();

    [Fact]
    public async Task Lists_exactly_the_routes_of_the_server()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        var routes =
            from endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>()
            from method in endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
            where method != "HEAD"
            select $"{method} {WithoutConstraint(endpoint.RoutePattern.RawText!)}";

        // HEAD goes with GET, as HTTP says, and is not listed beside it.
        // The pages of the interactive documentation are not routed: a component of its own answers below /docs.
        Assert.Equal(routes.Append("GET /docs").Order(), _document.Operations.Select(operation => operation.ToString()).Order());
    }

    [Fact]
    public async Task Is_served_with_the_version_of_the_program()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);

        var served = JsonNode.Parse((await server.GetAsync("/openapi.json")).MustBe(200).Body)!;
        var root = (await server.GetAsync("/")).MustBe(200).Json;

        Assert.Equal(root.GetProperty("version").GetString(), served["info"]!["version"]!.GetValue<string>());
        served["info"]!["version"] = _document.At("info/version").GetString();
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(_document.Root.GetRawText()), served));
    }

    [Fact]
    public void Keeps_its_outline() =>
        Snapshot.Match("openapi-outline", string.Join('\n', _document.Operations.Select(operation => $"{operation}: {string.Join(' ', operation.Statuses)}")));

    [Fact]
    public void Every_example_passes_its_schema()
    {
        var faults = new List<string>();
        var count = Visit(_document.Root, "", faults);

        Assert.Empty(faults);
        Assert.True(count > 80, $"Only {count} examples were found.");
    }

    [Fact]
    public void Every_body_and_parameter_has_an_example()
    {
        var bodies = _document.Operations.SelectMany(operation => operation.Definition.GetProperty("responses").EnumerateObject()
            .Select(response => _document.Schema.Resolve(response.Value))
            .Concat(operation.Definition.TryGetProperty("requestBody", out var body) ? [body] : []))
            .Where(body => body.TryGetProperty("content", out _))
            .SelectMany(body => body.GetProperty("content").EnumerateObject());

        Assert.All(bodies, body => Assert.NotEmpty(_document.Examples(body.Value)));
        Assert.All(_document.Operations.SelectMany(operation => operation.Parameters), parameter => Assert.NotEqual(JsonValueKind.Undefined, _document.Example(parameter).ValueKind));
        Assert.All(_document.At("components/schemas").EnumerateObject(), schema => Assert.True(schema.Value.TryGetProperty("examples", out _), schema.Name));
    }

    [Theory]
    [InlineData("schemas/Description/maxLength", ExpenseRules.MaxDescriptionLength)]
    [InlineData("schemas/Expense/properties/description/maxLength", ExpenseRules.MaxDescriptionLength)]
    [InlineData("schemas/Notes/maxLength", ExpenseRules.MaxNotesLength)]
    [InlineData("schemas/Expense/properties/notes/maxLength", ExpenseRules.MaxNotesLength)]
    [InlineData("schemas/CategoryChoice/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("schemas/Expense/properties/category/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("schemas/TagChoice/items/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("schemas/Expense/properties/tags/items/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("schemas/Group/properties/key/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("schemas/TagChoice/maxItems", ExpenseRules.MaxTags)]
    [InlineData("schemas/Expense/properties/tags/maxItems", ExpenseRules.MaxTags)]
    [InlineData("schemas/Expense/properties/amount/maximum", Money.MaxMinor)]
    [InlineData("parameters/Category/schema/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("parameters/Tag/schema/maxLength", ExpenseRules.MaxLabelLength)]
    [InlineData("parameters/Text/schema/maxLength", ExpenseFilterRules.MaxTextLength)]
    [InlineData("parameters/Limit/schema/maximum", ExpenseService.MaxPageSize)]
    [InlineData("parameters/OwnerOfKey/schema/maxLength", OwnerService.MaxNameLength)]
    [InlineData("parameters/KeyName/schema/maxLength", KeyService.MaxNameLength)]
    public void Each_limit_is_the_one_of_the_program(string path, long limit) =>
        Assert.Equal(limit, _document.At($"components/{path}").GetInt64());

    [Fact]
    public void Amounts_and_dates_have_the_limits_of_the_program()
    {
        Assert.Equal(Money.MaxMinor, _document.At("components/schemas/Amount/oneOf")[0].GetProperty("maximum").GetInt64());
        var days = new[] { ExpenseRules.MinDate.AddDays(-1), ExpenseRules.MinDate, ExpenseRules.MaxDate, ExpenseRules.MaxDate.AddDays(1) };
        var passing = days.Where(day => !_document.Schema
            .Faults(_document.At("components/schemas/Date"), JsonElement.Parse($"\"{ExpenseRules.FormatDate(day)}\"")).Any());
        Assert.Equal([ExpenseRules.MinDate, ExpenseRules.MaxDate], passing);
    }

    [Fact]
    public void The_interactive_documentation_fills_in_nothing_that_can_be_left_out()
    {
        // It takes what these say for what the reader wants to send: an Idempotency-Key that every form shares, a filter that nothing passes.
        var filledIn = _document.Operations.SelectMany(operation => operation.Parameters, (operation, parameter) => (operation, parameter))
            .Where(call => !call.parameter.TryGetProperty("required", out _))
            .Where(call => new[] { call.parameter, _document.Schema.Resolve(call.parameter.GetProperty("schema")) }
                .Any(part => part.TryGetProperty("example", out _) || part.TryGetProperty("default", out _)))
            .Select(call => $"{call.operation} {call.parameter.GetProperty("name")}");

        Assert.Empty(filledIn);
    }

    [Fact]
    public void Problems_are_those_of_the_error_table()
    {
        var slugs = Enum.GetValues<ErrorCode>().Select(code => ErrorTable.Of(code).Slug).ToList();

        Assert.Equal(slugs, _document.At("components/schemas/ProblemSlug/enum").EnumerateArray().Select(slug => slug.GetString()!));
        Assert.Equal(slugs.Select(slug => $"/problems/{slug}"),
            _document.At("components/schemas/Problem/properties/type/enum").EnumerateArray().Select(type => type.GetString()!));
    }

    [Fact]
    public void Every_problem_shown_has_title_and_status_of_its_type()
    {
        foreach (var response in _document.At("components/responses").EnumerateObject())
        {
            if (!response.Value.GetProperty("content").TryGetProperty("application/problem+json", out var problem))
                continue;
            foreach (var example in _document.Examples(problem))
            {
                var row = ErrorTable.Of(ErrorTable.FromSlug(example.GetProperty("type").GetString()!["/problems/".Length..])!.Value);
                Assert.Equal((row.Title, row.HttpStatus), (example.GetProperty("title").GetString(), example.GetProperty("status").GetInt32()));
            }
        }
    }

    /// <summary>Checks every example in this part of the document.</summary>
    /// <returns>How many there were.</returns>
    private int Visit(JsonElement element, string at, List<string> faults)
    {
        if (element.ValueKind is JsonValueKind.Array)
            return element.EnumerateArray().Sum(item => Visit(item, at, faults));
        if (element.ValueKind is not JsonValueKind.Object)
            return 0;

        var checks = new List<(JsonElement Schema, JsonElement Value)>();
        if (element.TryGetProperty("examples", out var examples) && examples.ValueKind is JsonValueKind.Array)
            checks.AddRange(examples.EnumerateArray().Select(value => (element, value)));
        else if (element.TryGetProperty("schema", out var schema) && examples.ValueKind is JsonValueKind.Object)
            checks.AddRange(_document.Examples(element).Select(value => (schema, value)));
        if (element.TryGetProperty("example", out var example))
            checks.Add((element.GetProperty("schema"), example));

        faults.AddRange(checks.SelectMany(check => _document.Schema.Faults(check.Schema, check.Value, at)));
        return checks.Count + element.EnumerateObject().Sum(part => Visit(part.Value, $"{at}/{part.Name}", faults));
    }

    private static string WithoutConstraint(string pattern) => pattern.Replace(":long}", "}", StringComparison.Ordinal);
}
