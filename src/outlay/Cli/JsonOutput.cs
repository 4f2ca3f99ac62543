using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.Cli;

/// <summary>Writes JSON to stdout, one value and a line end.</summary>
internal static class JsonOutput
{
    private const int FlushAt = 32 * 1024;

    public static async Task WriteAsync(CliContext cli, Action<Utf8JsonWriter> write, CancellationToken token)
    {
        await using (var writer = new Utf8JsonWriter(cli.OutStream, ExpenseJson.Format))
            write(writer);
        await EndLineAsync(cli, token);
    }

    /// <summary>Writes an array at constant memory.</summary>
    public static async Task WriteArrayAsync<T>(
        CliContext cli, IAsyncEnumerable<T> items, Action<Utf8JsonWriter, T> write, CancellationToken token)
    {
        await using (var writer = new Utf8JsonWriter(cli.OutStream, ExpenseJson.Format))
        {
            writer.WriteStartArray();
            await foreach (var item in items.WithCancellation(token))
            {
                write(writer, item);
                if (writer.BytesPending > FlushAt)
                    await writer.FlushAsync(token);
            }

            writer.WriteEndArray();
        }

        await EndLineAsync(cli, token);
    }

    private static async Task EndLineAsync(CliContext cli, CancellationToken token) => await cli.OutStream.WriteAsync("\n"u8.ToArray(), token);
}
