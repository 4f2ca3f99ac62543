namespace Outlay.Tests.Import;

public sealed class NdjsonImportReaderTests
{
    [Fact]
    public async Task Reads_an_object_a_line() =>
        Assert.Equal(
            ["2: 2026-01-01|a|3.50|EUR|Food|x+y|n", "4: 2026-01-02|b|2||||"],
            await ImportFile.RowsAsync(
                "\n{\"id\":1,\"date\":\"2026-01-01\",\"description\":\"a\",\"amount\":3.50,\"currency\":\"EUR\",\"category\":\"Food\",\"tags\":[\"x\",\"y\"],\"notes\":\"n\",\"deleted_at\":null}\r\n" +
                "  \n{\"date\":\"2026-01-02\",\"description\":\"b\",\"amount\":\"2\"}"));

    [Fact]
    public async Task An_expense_of_the_trash_is_left_out() =>
        Assert.Equal(
            ["1: left out, Trash", "2: |\"deleted_at\"|||||"],
            await ImportFile.RowsAsync("{\"deleted_at\":\"2026-01-01T00:00:00Z\"}\n{\"description\":\"\\\"deleted_at\\\"\"}\n"));

    [Theory]
    [InlineData("{\"date\":", "1: The line is not valid JSON (byte 9)")]
    [InlineData("{\"date\":\"a\",\"date\":\"b\"}", "1: The line names a field twice")]
    [InlineData("{} {}", "1: The line is not valid JSON (byte 4)")]
    [InlineData("{\"notes\":[[[[[[[[1]]]]]]]]}", "1: The line is nested more than 8 levels deep")]
    [InlineData("{\"\\ud800\":1}", "1: The line names a field with half of a surrogate pair")]
    public async Task A_line_that_is_no_expense_is_a_fault(string line, string expected) =>
        Assert.StartsWith(expected, Assert.Single(await ImportFile.RowsAsync(line)), StringComparison.Ordinal);

    [Fact]
    public async Task A_later_line_may_be_anything()
    {
        byte[] file = [.. "{\"amount\":1}\n[1]\n{\"notes\":\""u8, 0xFF, .. "\"}\n{\"amount\":2}\n"u8];

        var rows = await ImportFile.RowsAsync(file);

        Assert.Equal(["1: ||1||||", "4: ||2||||"], [rows[0], rows[3]]);
        Assert.StartsWith("2: The line must be a JSON object", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("3: The row is not text in UTF-8", rows[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ending_of_a_file_says_that_it_is_NDJSON()
    {
        Assert.Empty(await ImportFile.RowsAsync([], "empty.ndjson"));
        Assert.Equal(["1: The line is not valid JSON (byte 1)"], await ImportFile.RowsAsync(ImportFile.Bytes("date\n"), "x.JSONL"));
    }

    [Fact]
    public async Task Lines_longer_than_a_buffer_are_read_and_endless_ones_refused()
    {
        var notes = new string('n', 200_000);

        Assert.Equal([$"1: ||||||{notes}", "2: ||1||||"], await ImportFile.RowsAsync($"{{\"notes\":\"{notes}\"}}\n{{\"amount\":1}}"));
        var failure = await ImportFile.RefusalAsync(ImportFile.Bytes($"{{\"amount\":1}}\n{{\"notes\":\"{string.Concat(Enumerable.Repeat(notes, 5))}"));
        Assert.StartsWith("line 2: The row that begins here is longer than", failure.Message, StringComparison.Ordinal);
    }
}
