namespace Outlay.Storage;

/// <summary>The connections to one server.</summary>
/// <param name="Name">host:port.</param>
/// <param name="Max">How many there may be.</param>
/// <param name="Pending">Who waits for one.</param>
internal readonly record struct ConnectionPool(string Name, int Used, int Idle, int Max, int Pending);
