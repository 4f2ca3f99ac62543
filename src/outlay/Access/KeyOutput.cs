using System.Globalization;
using Outlay.Cli;

namespace Outlay.Access;

/// <summary>How keys are shown to a person.</summary>
internal static class KeyOutput
{
    private static readonly string[] s_fields = ["id", "owner", "name", "prefix", "scopes", "state", "created_at", "expires_at", "last_used_at"];

    /// <summary>A new key, alone on standard output, so that a script can take it from there; what to know about it goes beside it.</summary>
    public static async Task WriteAsync(CliContext cli, OutputFormat format, IssuedKey issued, CancellationToken token)
    {
        if (format is OutputFormat.Json)
        {
            await JsonOutput.WriteAsync(cli, json => KeyJson.Write(json, issued, cli.Clock.GetUtcNow()));
            return;
        }

        if (format is OutputFormat.Csv)
            await CsvOutput.WriteAsync(cli, [.. s_fields, "api_key"], [[.. Cells(cli, issued.Key, TimeText.ForPrograms), issued.Text]]);
        else
            cli.Out.WriteLine(issued.Text);
        var key = issued.Key;
        var end = key.ExpiresAt is { } expires ? $", until {TimeText.Short(expires)}" : "";
        await cli.TellAsync(
            $"Key {key.Id} {key.Name} of {key.Owner}: {key.Scopes.Text()}{end}. It is shown once. Send it as X-API-Key, or as Authorization: Bearer.");
        if (issued.MadeOwner)
            await cli.TellAsync($"Made the owner {key.Owner}, with an empty book: there was none of that name.");
        if (issued.IsFirst)
            await cli.TellAsync("It is the first key: from now on every request to the server needs one.");
        if (issued.Replaces is { ExpiresAt: { } until } old)
            await cli.TellAsync(until > key.CreatedAt ? $"Key {old.Id}, the old one, holds until {TimeText.Short(until)}." : $"Key {old.Id}, the old one, does not hold any more.");
    }

    public static async Task WriteAsync(CliContext cli, OutputFormat format, IReadOnlyList<ApiKey> keys, CancellationToken token)
    {
        switch (format)
        {
            case OutputFormat.Json:
                await JsonOutput.WriteArrayAsync(cli, keys.ToAsyncEnumerable(), (json, key) => KeyJson.Write(json, key, cli.Clock.GetUtcNow()), token);
                break;
            case OutputFormat.Csv:
                await CsvOutput.WriteAsync(cli, s_fields, keys.Select(key => Cells(cli, key, TimeText.ForPrograms)));
                break;
            default:
                var table = new Table(cli, [.. s_fields.Select(field => new Column(field.Replace('_', ' ').ToUpperInvariant(), Right: field == "id"))]);
                foreach (var key in keys)
                    table.Add(Cells(cli, key, TimeText.Short));
                table.Flush();
                if (keys.Count == 0)
                    await cli.TellAsync("No keys.");
                break;
        }
    }

    /// <param name="form">How a time is written.</param>
    private static string[] Cells(CliContext cli, ApiKey key, Func<DateTimeOffset, string> form) =>
    [
        key.Id.ToString(CultureInfo.InvariantCulture), key.Owner, key.Name, key.Prefix, key.Scopes.Text(), key.StateAt(cli.Clock.GetUtcNow()).Name(),
        form(key.CreatedAt), key.ExpiresAt is { } expires ? form(expires) : "", key.LastUsedAt is { } used ? form(used) : "",
    ];
}
