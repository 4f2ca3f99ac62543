using System.Text;
using Outlay.Backup;

namespace Outlay.Cli;

/// <summary>Bytes of UTF-8 on their way to a terminal, as <see cref="PlainText"/>: a person reads them there, and no program.</summary>
internal sealed class PlainStream(Stream terminal) : WriteOnlyStream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        var text = new char[_decoder.GetCharCount(buffer, flush: false)];
        _decoder.GetChars(buffer, text, flush: false);
        terminal.Write(Encoding.UTF8.GetBytes(PlainText.Lines(new string(text))));
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }
}
