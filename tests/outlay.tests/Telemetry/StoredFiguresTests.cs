using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Outlay.Telemetry;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Telemetry;

/// <summary>What only the database knows, while it is not what it should be.</summary>
public sealed class StoredFiguresTests
{
    [Theory, EachEngine]
    public async Task Figures_that_are_asked_before_there_is_a_schema_are_not_known_and_come_with_it(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrated: false);
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var figures = new StoredFigures(services.GetRequiredService<IMeterFactory>(), database.Database, database.Clock);

        await figures.RefreshAsync();
        Assert.Null(figures.Now);

        Assert.Equal(0, (await OutlayProcess.RunAsync(["add", "3.50", "Coffee"], database.Environment)).ExitCode);
        // A busy machine may not answer in the time that a collection has.
        await Eventually.TrueAsync("the figures are there", async () =>
        {
            database.Clock.Advance(TimeSpan.FromSeconds(2));
            await figures.RefreshAsync();
            return figures.Now?.Expenses == 1;
        });
    }
}
