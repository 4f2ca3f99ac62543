using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Outlay.Expenses;

namespace Outlay.Export;

/// <summary>Writes expenses as NDJSON: one <see cref="ExpenseJson"/> object a line, in UTF-8.</summary>
internal sealed class ExpenseNdjsonWriter : ExpenseWriter
{
    // Letters of every script stay readable: a file is not part of an HTML page.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stream _output;
    private readonly ArrayBufferWriter<byte> _buffer = new(BufferSize);
    private readonly Utf8JsonWriter _json;

    public ExpenseNdjsonWriter(Stream output)
    {
        _output = output;
        _json = new Utf8JsonWriter(_buffer, s_options);
    }

    public override async ValueTask WriteAsync(Expense expense, CancellationToken token)
    {
        ExpenseJson.Write(_json, expense);
        _json.Flush();
        _json.Reset();
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= BufferSize / 2)
            await WriteOutAsync(token);
    }

    public override async ValueTask FlushAsync(CancellationToken token)
    {
        await WriteOutAsync(token);
        await _output.FlushAsync(token);
    }

    public override ValueTask DisposeAsync() => _json.DisposeAsync();

    private async ValueTask WriteOutAsync(CancellationToken token)
    {
        await _output.WriteAsync(_buffer.WrittenMemory, token);
        _buffer.ResetWrittenCount();
    }
}
