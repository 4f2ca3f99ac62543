using System.Text;

namespace Outlay.Cli;

/// <summary>Writes as <see cref="PlainText"/> whatever is written, so that nothing that somebody else wrote reaches a terminal as a command.</summary>
/// <param name="raw">Where it goes, and what the program's own commands to the terminal are written to.</param>
internal sealed class PlainWriter(TextWriter raw) : TextWriter
{
    public TextWriter Raw => raw;

    public override Encoding Encoding => raw.Encoding;

    public override void Write(char value) => raw.Write(PlainText.InLines(value));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    public override void Write(string? value) => raw.Write(value is null ? null : PlainText.Lines(value));

    public override void WriteLine(string? value) => raw.WriteLine(value is null ? null : PlainText.Lines(value));

    /// <summary>As one, so that no other thread writes between the text and the end of its line.</summary>
    public override void WriteLine(ReadOnlySpan<char> buffer) => WriteLine(new string(buffer));

    public override void Flush() => raw.Flush();

    public override Task FlushAsync() => raw.FlushAsync();

    public override Task FlushAsync(CancellationToken cancellationToken) => raw.FlushAsync(cancellationToken);
}
