using Outlay.Storage;

namespace Outlay.Tests.Harness;

/// <summary>A write transaction of somebody else that stays open: it holds its locks until it is disposed, and stores nothing.</summary>
internal sealed class OpenTransaction : IAsyncDisposable
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _transaction;

    private OpenTransaction(Func<Task, Task> run) => _transaction = run(_end.Task);

    /// <summary>Begins a transaction and runs a statement in it.</summary>
    public static async Task<OpenTransaction> BeginAsync(Database database, string sql)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var transaction = new OpenTransaction(end => Task.Run(() => database.WriteAsync<bool>(OwnerScope.All, async connection =>
        {
            await new Sql(sql).ExecuteAsync(connection, Test.Token);
            begun.SetResult();
            await end;
            throw new OperationCanceledException("The transaction is rolled back.");
        }, Test.Token)));
        await await Task.WhenAny(begun.Task, transaction._transaction);
        return transaction;
    }

    public async ValueTask DisposeAsync()
    {
        _end.SetResult();
        await _transaction.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
