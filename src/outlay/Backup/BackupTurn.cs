using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>The turn to make a backup or to restore one: of all instances on one database, one at a time has it.</summary>
internal static class BackupTurn
{
    /// <summary>How long to wait while another instance has it, before asking again.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(1);

    /// <summary>Waits for it. Disposing of the result gives it back; it ends with the process too.</summary>
    public static async Task<IAsyncDisposable> TakeAsync(Database database, TimeProvider clock, CancellationToken token)
    {
        while (true)
        {
            if (await database.TryHoldAsync("backup", token) is { } turn)
                return turn;
            await Task.Delay(s_poll, clock, token);
        }
    }
}
