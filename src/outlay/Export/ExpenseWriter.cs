using Outlay.Expenses;

namespace Outlay.Export;

/// <summary>The form of an exported file.</summary>
internal enum ExportFormat
{
    Csv,
    Ndjson,
}

/// <summary>Writes expenses to a stream, one after the other, at constant memory.</summary>
internal abstract class ExpenseWriter : IAsyncDisposable
{
    /// <summary>How many bytes are gathered before they are written.</summary>
    protected const int BufferSize = 64 * 1024;

    /// <param name="output">Stays open when the writer is disposed of.</param>
    public static ExpenseWriter Over(Stream output, ExportFormat format) =>
        format is ExportFormat.Csv ? new ExpenseCsvWriter(output) : new ExpenseNdjsonWriter(output);

    /// <summary>Writes all of them, and hands over what is still gathered.</summary>
    /// <param name="progress">Told now and then how many were written; null for nobody.</param>
    /// <returns>How many there were.</returns>
    public async Task<long> WriteAllAsync(IAsyncEnumerable<Expense> expenses, Action<long>? progress, CancellationToken token)
    {
        var count = 0L;
        await foreach (var expense in expenses.WithCancellation(token))
        {
            await WriteAsync(expense, token);
            if (++count % 1000 == 0)
                progress?.Invoke(count);
        }

        await FlushAsync(token);
        return count;
    }

    public abstract ValueTask WriteAsync(Expense expense, CancellationToken token);

    /// <summary>Hands everything that was written over to the stream.</summary>
    public abstract ValueTask FlushAsync(CancellationToken token);

    public abstract ValueTask DisposeAsync();
}
