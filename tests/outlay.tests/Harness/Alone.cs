namespace Outlay.Tests.Harness;

/// <summary>Tests that measure the process itself run when no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
