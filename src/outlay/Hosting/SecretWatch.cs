namespace Outlay.Hosting;

/// <summary>
/// Looks at the files of secrets once a second and says when one has changed, so that whoever rotates it knows that this instance has it, and
/// when one cannot be used.
/// </summary>
internal sealed partial class SecretWatch(Settings settings, TimeProvider clock, ILogger<SecretWatch> logger) : RecurringTask(Task.CompletedTask, clock, logger)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Secret, (int Changes, string? Problem)> _told = settings.Secrets.ToDictionary(secret => secret, _ => (0, (string?)null));

    protected override TimeSpan PauseAfterFailure => s_interval;

    public override Task<TimeSpan> RunAsync(CancellationToken token)
    {
        foreach (var secret in settings.Secrets)
        {
            secret.Read();
            var (now, told) = ((secret.Changes, secret.Problem), _told[secret]);
            if (now.Changes != told.Changes)
                Log.Changed(logger, secret.Name);
            if (now.Problem is { } problem && problem != told.Problem)
                Log.NotUsable(logger, secret.Name, problem);
            _told[secret] = now;
        }

        return Task.FromResult(s_interval);
    }

    private static partial class Log
    {
        // As a warning, so that it is there at whatever level.
        [LoggerMessage(EventName = "secret_changed", Level = LogLevel.Warning, Message = "{Secret} has changed: what its file holds now is in force")]
        public static partial void Changed(ILogger logger, string secret);

        [LoggerMessage(EventName = "secret_not_usable", Level = LogLevel.Error, Message = "{Secret} stays as it was: {Reason}")]
        public static partial void NotUsable(ILogger logger, string secret, string reason);
    }
}
