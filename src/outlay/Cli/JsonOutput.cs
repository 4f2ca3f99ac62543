using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.Cli;

/// <summary>Writes JSON to stdout, one value and a line end.</summary>
internal static class JsonOutput
{
    private const int FlushAt = 32 * 1024;

    /// <summary>Writes one value, also when the verb was cancelled meanwhile: it may be what was done before.</summary>
    public static async Task WriteAsync(CliContext cli, Action<Utf8JsonWriter> write)
    {
        await using (var writer = new Utf8JsonWriter(cli.OutStream, ExpenseJson.Format))
            write(writer);
        // It may tell what was done.
        await EndLineAsync(cli, CancellationToken.None);
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
