using System.CommandLine;
using System.Text.Json;
using Outlay.Cli;
using Outlay.Expenses;

namespace Outlay.Access;

/// <summary>The verbs about owners: whose books there are.</summary>
internal static class OwnerCommands
{
    private static readonly string[] s_fields = ["owner", "currency"];

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        Verb.Of("owners", "Lists owners, makes them, and sets their currencies. Each has a book of its own.", Children(cli),
            "outlay owners list", "outlay owners create alice --currency USD", "outlay owners edit alice --currency EUR"),
    ];

    private static IEnumerable<Verb> Children(CliContext cli) =>
    [
        new("list", "Lists the owners.", verb => List(verb, cli), "outlay owners list", "outlay owners list --output json"),
        new("create", "Makes an owner with an empty book. It stays for ever, as its history does.", verb => Create(verb, cli),
            "outlay owners create alice", "outlay owners create alice --currency USD"),
        new("edit", "Sets the currency of expenses that name none; those that are stored keep theirs.", verb => Edit(verb, cli),
            "outlay owners edit alice --currency EUR"),
    ];

    private static void List(Verb verb, CliContext cli)
    {
        var output = Options.Output();
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var owners = await (await cli.OwnersAsync(token)).ListAsync(token);
            switch (parsed.GetValue(output))
            {
                case OutputFormat.Json:
                    await JsonOutput.WriteArrayAsync(cli, owners.ToAsyncEnumerable(), Write, token);
                    break;
                case OutputFormat.Csv:
                    await CsvOutput.WriteAsync(cli, s_fields, owners.Select(owner => (string[])[owner.Name, owner.Currency ?? ""]));
                    break;
                default:
                    var table = new Table(cli, new("OWNER"), new("CURRENCY"));
                    foreach (var owner in owners)
                        table.Add(owner.Name, owner.Currency ?? $"{cli.Settings.DefaultCurrency.Code} (DEFAULT_CURRENCY)");
                    table.Flush();
                    break;
            }
        });
    }

    private static void Create(Verb verb, CliContext cli)
    {
        var name = Name();
        var currency = Currency("Default: the one of the settings.");
        verb.Add(name);
        verb.Add(currency);
        verb.SetAction(async (parsed, token) =>
        {
            var code = ReadCurrency(parsed.GetValue(currency));
            var owner = await (await cli.OwnersAsync(token)).CreateAsync(parsed.GetValue(name)!, code, token);
            await cli.TellAsync($"Made the owner {owner.Name}. Work on the book with --owner '{owner.Name}', or make a key: outlay keys create NAME --owner '{owner.Name}'.");
        });
    }

    private static void Edit(Verb verb, CliContext cli)
    {
        var name = Name();
        var currency = Currency("It must be given.");
        currency.Required = true;
        verb.Add(name);
        verb.Add(currency);
        verb.SetAction(async (parsed, token) =>
        {
            var code = ReadCurrency(parsed.GetValue(currency))!;
            var owner = await (await cli.OwnersAsync(token)).SetCurrencyAsync(parsed.GetValue(name)!, code, token);
            await cli.TellAsync($"The currency of {owner.Name} is {owner.Currency} now.");
        });
    }

    private static Argument<string> Name() => new("NAME") { Description = $"The name of the owner, 1 to {OwnerService.MaxNameLength} characters." };

    private static Option<string?> Currency(string rest) => Options.Text("--currency", "CODE", $"A code of ISO 4217, like EUR, of expenses that name none. {rest}");

    private static Currency? ReadCurrency(string? code)
    {
        if (code is null)
            return null;
        return Expenses.Currency.TryGet(code, out var currency)
            ? currency
            : throw new AppException(ErrorCode.InvalidInput, $"'{code}' is no code of ISO 4217, like EUR, USD or JPY.");
    }

    private static void Write(Utf8JsonWriter json, Owner owner)
    {
        json.WriteStartObject();
        json.WriteString("name", owner.Name);
        json.WriteString("currency", owner.Currency);
        json.WriteEndObject();
    }
}
