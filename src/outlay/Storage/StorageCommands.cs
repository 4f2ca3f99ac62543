using Outlay.Cli;

namespace Outlay.Storage;

/// <summary>The verb that brings the schema up to date.</summary>
internal static class StorageCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("migrate",
            "Brings the schema of the database up to date, and takes over a database of the original system. Every other verb does this by itself.",
            verb => verb.SetAction((_, token) => MigrateAsync(cli, token)),
            "outlay migrate"),
    ];

    private static async Task MigrateAsync(CliContext cli, CancellationToken token)
    {
        var report = await cli.MigrateAsync(token);
        foreach (var name in report.Applied)
            cli.Out.WriteLine($"applied {name}");
        if (report.Adopted > 0)
            cli.Out.WriteLine($"took over {Plural.Of(report.Adopted, "expense")} of the original system");
        if (report.Applied.Count == 0)
            cli.Out.WriteLine("the schema is up to date");
        if (await cli.Database.CreateRolesAsync(token) is { } roles)
            await cli.Messages.WriteLineAsync(roles.AsMemory(), token);
        await cli.Messages.WriteLineAsync($"Database: {cli.Database.Location}".AsMemory(), token);
    }
}
