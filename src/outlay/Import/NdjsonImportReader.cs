using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Outlay.Expenses;

namespace Outlay.Import;

/// <summary>Reads NDJSON: one <see cref="ExpenseJson"/> object a line.</summary>
internal sealed class NdjsonImportReader(PipeReader pipe) : ImportReader
{
    public override async IAsyncEnumerable<ImportRow> ReadAsync([EnumeratorCancellation] CancellationToken token)
    {
        var number = 1L;
        while (true)
        {
            var result = await pipe.ReadAsync(token);
            var rest = result.Buffer;
            while (TryTakeLine(ref rest, result.IsCompleted, out var line))
            {
                if (!IsBlank(line))
                    yield return Row(number, line);
                number++;
            }

            if (rest.Length > MaxRowSize)
                throw RowTooLong(number);
            pipe.AdvanceTo(rest.Start, rest.End);
            if (result.IsCompleted)
                yield break;
        }
    }

    public override ValueTask DisposeAsync() => pipe.CompleteAsync();

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool atEnd, out ReadOnlyMemory<byte> line)
    {
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> found, (byte)'\n'))
        {
            found = rest;
            reader.AdvanceToEnd();
            if (!atEnd || rest.IsEmpty)
            {
                line = default;
                return false;
            }
        }

        rest = rest.Slice(reader.Position);
        line = found.IsSingleSegment ? found.First : found.ToArray();
        if (line.Span.StartsWith(Encoding.UTF8.Preamble))
            line = line[Encoding.UTF8.Preamble.Length..];
        return true;
    }

    private static bool IsBlank(ReadOnlyMemory<byte> line) => !line.Span.ContainsAnyExcept(" \t\r"u8);

    private static ImportRow Row(long number, ReadOnlyMemory<byte> line)
    {
        if (!Utf8.IsValid(line.Span))
            return ImportRow.Faulty(number, NotUtf8);
        try
        {
            var draft = ExpenseJson.ReadDraft(line, "The line");
            return IsInTrash(line) ? ImportRow.Omitted(number, LeftOut.Trash) : ImportRow.Good(number, draft);
        }
        catch (AppException e) when (e.Code is ErrorCode.InvalidInput)
        {
            return ImportRow.Faulty(number, e.Message);
        }
    }

    private static bool IsInTrash(ReadOnlyMemory<byte> line)
    {
        // Almost no line holds it: those are not parsed twice.
        if (line.Span.IndexOf("\"deleted_at\""u8) < 0)
            return false;
        using var document = JsonDocument.Parse(line);
        return document.RootElement.TryGetProperty("deleted_at", out var value) && value.ValueKind is not JsonValueKind.Null;
    }
}
