using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>deploy/migration-check with the program itself on an older database; in the place of the container engine, a script that runs it.</summary>
public sealed class MigrationCheckTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, EachEngine]
    public async Task A_migration_that_the_program_that_serves_cannot_live_with_is_told_before_anything_is_begun(Engine engine)
    {
        await using var database = await OldBook.CreateAsync(engine);

        var check = await CheckAsync(database.Environment, $"exec '{OutlayProcess.Program}' migrate --dry-run");

        Assert.Equal(3, check.ExitCode);
        Assert.Contains("cannot live with: 0002_history", check.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("expand_", check.Error, StringComparison.Ordinal);
    }

    [Theory, EachEngine]
    public async Task A_schema_that_is_up_to_date_stops_nobody(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);

        Assert.Equal(0, (await CheckAsync(database.Environment, $"exec '{OutlayProcess.Program}' migrate --dry-run")).ExitCode);
    }

    [Theory]
    [InlineData("echo would apply 0006_expand_notes", 0)]
    [InlineData("echo would apply 0006_expand_notes; echo would apply 0007_expanding", 3)]
    [InlineData("echo would apply 0006_no_expand_notes", 3)]
    [InlineData("exit 78", 69)]
    public async Task Only_a_name_that_says_so_only_adds_and_an_image_that_cannot_say_is_not_taken(string plan, int exitCode) =>
        Assert.Equal(exitCode, (await CheckAsync(new Dictionary<string, string>(), plan)).ExitCode);

    [Fact]
    public async Task A_folder_of_settings_is_named_by_its_absolute_path()
    {
        var check = await OutlayProcess.RunScriptAsync($"'{Path.Combine(DeployFiles.Folder, "migration-check")}' outlay:next", new Dictionary<string, string> { ["OUTLAY_SETTINGS"] = "settings" });

        Assert.Equal(69, check.ExitCode);
        Assert.Contains("OUTLAY_SETTINGS is 'settings'", check.Error, StringComparison.Ordinal);
    }

    private async Task<ProcessResult> CheckAsync(IReadOnlyDictionary<string, string> environment, string plan)
    {
        var engine = _folder.File("docker");
        await File.WriteAllTextAsync(engine, $"#!/usr/bin/env bash\nset -eu\ncase \"$*\" in *'run --rm --no-deps --no-TTY outlay migrate --dry-run') {plan} ;; *) exit 2 ;; esac\n", Test.Token);
        return await OutlayProcess.RunScriptAsync(
            $"chmod +x '{engine}'; PATH='{Path.GetDirectoryName(engine)}':$PATH OUTLAY_SETTINGS='{Path.GetDirectoryName(engine)}' '{Path.Combine(DeployFiles.Folder, "migration-check")}' outlay:next", environment);
    }
}
