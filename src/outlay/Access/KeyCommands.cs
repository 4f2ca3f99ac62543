using System.CommandLine;
using Outlay.Cli;

namespace Outlay.Access;

/// <summary>The verbs that make, list, rotate and revoke keys.</summary>
internal static class KeyCommands
{
    private const string Key = "a key";
    private const string KeyList = "outlay keys list";

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        Verb.Of("keys", "Makes, lists, rotates and revokes the keys that the server asks for. As soon as there is one, every request needs one.", Children(cli),
            "outlay keys create phone", "outlay keys list", "outlay keys rotate 1", "outlay keys revoke 1"),
    ];

    private static IEnumerable<Verb> Children(CliContext cli) =>
    [
        new("create", "Makes a key and shows it, once: it is stored nowhere.", verb => Create(verb, cli),
            "outlay keys create phone",
            "outlay keys create report --owner alice --scopes read --expires-in 90d",
            "outlay keys create operator --scopes admin"),
        new("list", "Lists the keys of all owners, or of one: what is known of them, never the keys.", verb => List(verb, cli),
            "outlay keys list",
            "outlay keys list --owner alice --output json"),
        new("rotate", "Makes a key in the place of another and shows it, once. The old one holds on for a while, so that nothing fails meanwhile.", verb => Rotate(verb, cli),
            "outlay keys rotate 1",
            "outlay keys rotate 1 --overlap 7d"),
        new("revoke", "Takes keys back for good, after asking. Every server refuses them within 5 s.", verb => Revoke(verb, cli),
            "outlay keys revoke 1",
            "outlay keys revoke 1 2 --yes"),
    ];

    private static void Create(Verb verb, CliContext cli)
    {
        var name = new Argument<string>("NAME") { Description = $"What the key is called, 1 to {KeyService.MaxNameLength} characters: the history shows it." };
        var owner = Options.Owner("Whose book it opens; made if there is no such owner yet. Default: default.");
        var scopes = Options.Text("--scopes", "SCOPES", "What it allows: some of read, write and admin, with commas between them; admin manages keys. Default: read,write.")
            .MustBe(text => ScopeText.TryParse(text, out _), "use some of read, write and admin, with commas between them");
        var expires = Options.Text("--expires-in", "TIME", "How long it holds, like 24h or 90d. Default: for ever.").MustBe(text => IsTime(text, TimeSpan.FromSeconds(1)), Time("1s"));
        var output = Options.Output();
        verb.Add(name);
        verb.Add(owner);
        verb.Add(scopes);
        verb.Add(expires);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var keys = await cli.KeysAsync(token);
            var draft = new KeyDraft(parsed.GetValue(owner) ?? cli.Owner, parsed.GetValue(name), parsed.GetValue(scopes), parsed.GetValue(expires));
            await KeyOutput.WriteAsync(cli, parsed.GetValue(output), await keys.CreateAsync(draft, token), token);
        });
    }

    private static void List(Verb verb, CliContext cli)
    {
        var owner = Options.Owner("Only the keys of this owner. Default: of all.");
        var output = Options.Output();
        verb.Add(owner);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var keys = await cli.KeysAsync(token);
            await KeyOutput.WriteAsync(cli, parsed.GetValue(output), await keys.ListAsync(parsed.GetValue(owner), token), token);
        });
    }

    private static void Rotate(Verb verb, CliContext cli)
    {
        var id = Options.Id("The number of the key, as outlay keys list shows it.", Key, KeyList);
        var overlap = Options.Text("--overlap", "TIME", $"How long the old key holds on, like 0s, 24h or 7d. Default: {DurationText.Of(KeyService.DefaultOverlap)}.")
            .MustBe(text => IsTime(text, TimeSpan.Zero), Time("0s"));
        var output = Options.Output();
        verb.Add(id);
        verb.Add(overlap);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var keys = await cli.KeysAsync(token);
            await KeyOutput.WriteAsync(cli, parsed.GetValue(output), await keys.RotateAsync(parsed.GetValue(id), parsed.GetValue(overlap), token), token);
        });
    }

    private static void Revoke(Verb verb, CliContext cli)
    {
        var ids = Options.Ids("The numbers of the keys, as outlay keys list shows them.", Key, KeyList);
        var yes = Options.Yes();
        verb.Add(ids);
        verb.Add(yes);
        verb.SetAction(async (parsed, token) =>
        {
            var keys = await cli.KeysAsync(token);
            foreach (var id in parsed.GetValue(ids)!)
            {
                var key = await keys.GetAsync(id, token);
                if (key.RevokedAt is { } at)
                {
                    await cli.TellAsync($"Key {id} was revoked already, {TimeText.ForPeople(at)}.");
                    continue;
                }

                if (!parsed.GetValue(yes) && !await cli.ConfirmAsync($"Revoke key {key.Id} {key.Name} ({key.Prefix}…) of {key.Owner}? That cannot be undone.", token))
                {
                    await cli.TellAsync($"Key {id} was not revoked.");
                    continue;
                }

                await keys.RevokeAsync(id, token);
                await cli.TellAsync($"Revoked key {id}: every server refuses it within 5 s.");
            }
        });
    }

    private static bool IsTime(string text, TimeSpan min) =>
        DurationText.TryParse(text, out var time) && time >= min && time <= KeyService.MaxLifetime;

    private static string Time(string min) => $"use a number and a unit, like 24h or 90d, from {min} to {DurationText.Of(KeyService.MaxLifetime)}";
}
