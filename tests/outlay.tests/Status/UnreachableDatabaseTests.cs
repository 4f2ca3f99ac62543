using System.Text.Json;
using Outlay.Tests.Cli;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Status;

/// <summary>A database that cannot be asked says of no backup whose it is.</summary>
public sealed class UnreachableDatabaseTests
{
    private const string Reason = "PostgreSQL at 127.0.0.1:1/expense_tracker cannot be reached";

    [Fact]
    public async Task The_backup_of_another_book_is_not_taken_for_one_of_this()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite);
        await server.FirstBackup;
        var environment = Lost(server.Database.Environment);

        var status = await OutlayProcess.RunAsync(["status", "--url", server.Address.ToString()], environment);
        var json = await OutlayProcess.RunAsync(["status", "--url", server.Address.ToString(), "--output", "json"], environment);

        Assert.Equal((69, 69), (status.ExitCode, json.ExitCode));
        Assert.Matches("\nservice +[^ ]+ +ok\n", status.Output);
        Assert.Matches($"\nbackup +unknown +The database cannot be asked which backups are of its book, and outlay backup list shows those of all: {Reason}", status.Output);
        Assert.DoesNotContain("outlay_backup_", status.Output, StringComparison.Ordinal);
        Assert.StartsWith($"Not all is well: whether there is a verified backup is not known: {Reason}", status.Error, StringComparison.Ordinal);
        var backup = JsonDocument.Parse(json.Output).RootElement.GetProperty("backup");
        Assert.Equal(("unknown", JsonValueKind.Null), (backup.GetProperty("state").GetString(), backup.GetProperty("name").ValueKind));
        Assert.StartsWith(Reason, backup.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_says_why_it_has_the_backups_of_all_books()
    {
        await using var book = await Book.CreateAsync(Engine.Sqlite);
        await book.RunAsync("backup", "create");

        var lost = await OutlayProcess.RunAsync(["backup", "list"], Lost(book.Environment));
        var all = await OutlayProcess.RunAsync(["backup", "list", "--all"], Lost(book.Environment));

        Assert.Equal((0, 0, ""), (lost.ExitCode, all.ExitCode, all.Error));
        Assert.Equal(all.Output, lost.Output);
        Assert.Contains("outlay_backup_", all.Output, StringComparison.Ordinal);
        Assert.StartsWith($"These are the backups of all books: the database cannot be asked which one it holds. {Reason}", lost.Error, StringComparison.Ordinal);
    }

    /// <summary>The same folder, and a database that nobody reaches.</summary>
    private static Dictionary<string, string> Lost(Dictionary<string, string> environment) =>
        new(environment) { ["DB_HOST"] = "127.0.0.1", ["DB_PORT"] = "1" };
}
