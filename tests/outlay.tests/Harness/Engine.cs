using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace Outlay.Tests.Harness;

public enum Engine
{
    Sqlite,
    Postgres,
}

/// <summary>
/// Runs a theory once on each engine. PostgreSQL is skipped where it is not installed, unless REQUIRE_POSTGRES=1: the test
/// fails there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EachEngineAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([new TheoryDataRow(Engine.Sqlite), new TheoryDataRow(Engine.Postgres) { Skip = PostgresCluster.SkipReason }]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
