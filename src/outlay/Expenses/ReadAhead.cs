using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Outlay.Expenses;

/// <summary>Makes the next batch of a sequence while the present one is worked on.</summary>
internal static class ReadAhead
{
    /// <summary>The sequence in batches, made on another thread, at most two batches ahead. What it throws is thrown here.</summary>
    public static async IAsyncEnumerable<T[]> InBatchesAheadAsync<T>(
        this IAsyncEnumerable<T> source, int size, [EnumeratorCancellation] CancellationToken token)
    {
        var channel = Channel.CreateBounded<T[]>(1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        // It must run even when that was cancelled before: nothing else completes the channel.
        var reading = Task.Run(() => ReadAsync(source, size, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in channel.Reader.ReadAllAsync(token))
                yield return batch;
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private static async Task ReadAsync<T>(IAsyncEnumerable<T> source, int size, ChannelWriter<T[]> batches, CancellationToken token)
    {
        try
        {
            await foreach (var batch in source.Chunk(size).WithCancellation(token))
                await batches.WriteAsync(batch, token);
            batches.Complete();
        }
        catch (Exception e)
        {
            batches.Complete(e);
        }
    }
}
