using System.Text;

namespace Outlay.Tests.Harness;

/// <summary>What a process has written so far; a test can wait for a part of it. Prompts have no line end, so it goes by characters.</summary>
internal sealed class Transcript
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override string ToString()
    {
        lock (_lock)
            return _text.ToString();
    }

    /// <summary>Takes in everything from a stream, until it ends.</summary>
    public async Task FollowAsync(StreamReader reader)
    {
        var buffer = new char[4096];
        for (var count = await reader.ReadAsync(buffer); count > 0; count = await reader.ReadAsync(buffer))
        {
            lock (_lock)
            {
                _text.Append(buffer, 0, count);
                _grown.SetResult();
                _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Waits until something is found in the text.</summary>
    public async Task<T> WaitForAsync<T>(Func<string, T?> find, CancellationToken token)
        where T : class
    {
        while (true)
        {
            Task grown;
            string text;
            lock (_lock)
            {
                grown = _grown.Task;
                text = _text.ToString();
            }

            if (find(text) is { } found)
                return found;
            await grown.WaitAsync(token);
        }
    }
}
