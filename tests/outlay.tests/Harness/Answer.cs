using System.Net.Http.Headers;
using System.Text.Json;

namespace Outlay.Tests.Harness;

/// <summary>An answer of the server, read to its end.</summary>
/// <param name="Body">The text as it came, for what JSON does not tell apart (3.5 and 3.50).</param>
internal sealed record Answer(int Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Body)
{
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>What a problem says is wrong.</summary>
    public string Detail => Json.GetProperty("detail").GetString()!;

    /// <summary>A header, of the answer or of its content; null when it is not there.</summary>
    public string? this[string header] =>
        Headers.TryGetValues(header, out var values) || ContentHeaders.TryGetValues(header, out values) ? string.Join(", ", values) : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) =>
        new((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync(Test.Token));

    /// <summary>The messages of a problem about one field.</summary>
    public string[] ErrorsOf(string field) =>
        [.. Json.GetProperty("errors").GetProperty(field).EnumerateArray().Select(message => message.GetString()!)];

    /// <summary>Fails unless this is a problem of a kind.</summary>
    /// <returns>This answer.</returns>
    public Answer MustBeProblem(int status, string slug)
    {
        Assert.True(Status == status, $"{Status}, not {status}: {Body}");
        Assert.Equal("application/problem+json", this["Content-Type"]);
        Assert.Equal($"/problems/{slug}", Json.GetProperty("type").GetString());
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.False(string.IsNullOrEmpty(Json.GetProperty("run_id").GetString()));
        return this;
    }

    /// <summary>Fails unless the status is this one.</summary>
    /// <returns>This answer.</returns>
    public Answer MustBe(int status)
    {
        Assert.True(Status == status, $"{Status}, not {status}: {Body}");
        return this;
    }
}
