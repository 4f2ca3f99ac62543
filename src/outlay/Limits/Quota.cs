namespace Outlay.Limits;

/// <summary>How many requests of one kind one client may send.</summary>
/// <param name="Name">What the RateLimit headers call it.</param>
/// <param name="PerMinute">How many a minute for as long as it likes, 1–1000000.</param>
/// <param name="Burst">How many at once after a rest, 1–1000000.</param>
internal sealed record Quota(string Name, int PerMinute, int Burst);
