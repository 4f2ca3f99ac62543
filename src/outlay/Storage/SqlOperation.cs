using System.Data.Common;
using System.Diagnostics;
using Outlay.Telemetry;

namespace Outlay.Storage;

/// <summary>
/// What a database does at our request: measured, and a span of its own where spans are recorded. The span has the text of the statement,
/// in which parameters stand for all values; never the values.
/// </summary>
internal static class SqlOperation
{
    public static Task RunAsync(DbConnection connection, string text, Func<Task> work) =>
        RunAsync(connection, text, async () =>
        {
            await work();
            return true;
        });

    /// <param name="text">The statement.</param>
    public static async Task<T> RunAsync<T>(DbConnection connection, string text, Func<Task<T>> work)
    {
        var start = TimeProvider.System.GetTimestamp();
        var system = DatabaseMetrics.SystemOf(connection);
        using var span = Begin(system, text);
        try
        {
            return await work();
        }
        catch (Exception e)
        {
            span?.Fail(e);
            if ((e as DbException)?.SqlState is { } state)
                span?.SetTag("db.response.status_code", state);
            throw;
        }
        finally
        {
            DatabaseMetrics.Took(system, TimeProvider.System.GetElapsedTime(start));
        }
    }

    private static Activity? Begin(string system, string text)
    {
        if (!Signals.Source.HasListeners())
            return null;
        var span = Signals.Source.StartActivity(SqlName.Of(text), ActivityKind.Client);
        return span?.SetTag("db.system.name", system).SetTag("db.query.text", text);
    }
}
