using System.Text;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

public sealed class CsvImportReaderTests
{
    [Fact]
    public async Task Reads_what_the_original_exports() =>
        Assert.Equal(
            ["2: 2026-02-19|Coffee|3.50||||", "3: 2026-02-20|Tea|2.00||||"],
            await ImportFile.RowsAsync("id,date,description,amount\n1,2026-02-19,Coffee,3.50\n2,2026-02-20,Tea,2.00\n"));

    [Theory]
    [InlineData("date,description,amount,category\n2026-02-19,Coffee,3.50,Food\n")]
    [InlineData("Amount,CATEGORY, Description ,date\n3.50,Food,Coffee,2026-02-19\n")]
    [InlineData("date;description;amount;category\n2026-02-19;Coffee;3.50;Food\n")]
    [InlineData("date\tdescription\tamount\tcategory\n2026-02-19\tCoffee\t3.50\tFood\n")]
    [InlineData("\uFEFFdate,description,amount,category\r\n2026-02-19,Coffee,3.50,Food\r\n")]
    [InlineData("\"date\",\"description\",\"amount\",\"category\"\n\"2026-02-19\",\"Coffee\",\"3.50\",\"Food\"")]
    [InlineData("date,description,amount,category\r2026-02-19,Coffee,3.50,Food")]
    [InlineData("date,description,amount,category,balance,\n2026-02-19,Coffee,3.50,Food,17,\n")]
    public async Task Columns_separators_and_line_ends_are_found_by_themselves(string file) =>
        Assert.Equal(["2: 2026-02-19|Coffee|3.50||Food||"], await ImportFile.RowsAsync(file));

    [Fact]
    public async Task A_row_is_told_by_the_line_where_it_begins() =>
        Assert.Equal(
            ["3: 2026-01-01|a|1||||one\ntwo\r\nthree", "8: 2026-01-02|b|2||||", "10: 2026-01-03|c|3||||x"],
            await ImportFile.RowsAsync(
                "\ndate,description,amount,notes\n2026-01-01,a,1,\"one\ntwo\r\nthree\"\n\n   \n2026-01-02,b,2,\n\r\n2026-01-03,c,3,x"));

    [Fact]
    public async Task Tags_stand_in_one_cell_and_formulas_come_back() =>
        Assert.Equal(
            ["2: 2026-01-01|=cmd|1|JPY|+x|a+ b|'@", "3: 2026-01-01|=raw|1||||'tis"],
            await ImportFile.RowsAsync(
                "date,description,amount,currency,category,tags,notes\n2026-01-01,'=cmd,1,JPY,'+x,a; b,''@\n2026-01-01,=raw,1,,,,'tis\n"));

    [Fact]
    public async Task Rows_of_a_backup_that_are_somebody_elses_or_deleted_are_left_out() =>
        Assert.Equal(
            ["2: 2026-01-01|mine|1||||", "3: left out, OtherOwner", "4: left out, Trash", "5: 2026-01-01|nobody's|1||||"],
            await ImportFile.RowsAsync(ImportFile.Bytes(
                "id,date,description,amount,owner,deleted_at\n1,2026-01-01,mine,1,ana,\n2,x,theirs,1,bob,\n3,x,gone,1,ana,2026-01-02T00:00:00Z\n4,2026-01-01,nobody's,1,,\n"),
                owner: "ana"));

    [Theory]
    [InlineData("2026-01-01,a", "2: The row has 2 cells, the header names 3 columns: a cell without a value is left empty, not out")]
    [InlineData("2026-01-01,a,1,2", "2: The row has 4 cells, the header names 3 columns: a cell that holds the separator must stand in quotes")]
    [InlineData("2026-01-01,\"a,1\n2026-01-02,b,2\n", "2: A quote is opened and not closed: close it, and write a quote within quotes twice")]
    [InlineData("2026-01-01,\"a\"b,1", "2: There is text behind a closing quote: write a quote within quotes twice")]
    [InlineData("2026-01-01,5\" nail,1", "2: 2026-01-01|5\" nail|1||||")]
    public async Task Cells_that_do_not_fit_are_a_fault_of_their_row(string row, string expected) =>
        Assert.Equal([expected], await ImportFile.RowsAsync($"date,description,amount\n{row}"));

    [Fact]
    public async Task Only_the_rows_that_are_not_UTF8_are_faulty()
    {
        byte[] file = [.. "date,description,amount\n2026-01-01,a,1\n2026-01-01,Caf"u8, 0xE9, .. ",1\n2026-01-01,b,1\n"u8];

        var rows = await ImportFile.RowsAsync(file);

        Assert.Equal("2: 2026-01-01|a|1||||", rows[0]);
        Assert.StartsWith("3: The row is not text in UTF-8: convert the file first", rows[1], StringComparison.Ordinal);
        Assert.Equal("4: 2026-01-01|b|1||||", rows[2]);
    }

    [Theory]
    [InlineData("date,amount\n2026-01-01,1\n", "description is missing. It is: date,amount\n")]
    [InlineData("2026-01-01,Coffee,3.50\n", "date, description and amount are missing. It is: 2026-01-01,Coffee,3.50\n")]
    [InlineData("Datum;Betrag\n", "date, description and amount are missing. It is: Datum;Betrag\n")]
    [InlineData("\e[31mdate\n", "It is: ?[31mdate\n")]
    [InlineData("date,description,amount,Amount\n", "The header names the column amount twice")]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    public async Task A_header_that_does_not_name_the_columns_is_refused_and_shown(string file, string message)
    {
        var failure = await ImportFile.RefusalAsync(ImportFile.Bytes(file));

        Assert.Equal(ErrorCode.InvalidInput, failure.Code);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_that_are_not_known_are_named()
    {
        using var stream = new MemoryStream(ImportFile.Bytes("id,date,description,amount,Balance,IBAN\n"));
        await using var reader = await Outlay.Import.ImportReader.OpenAsync(stream, "file", "default", Test.Token);

        Assert.Equal(["balance", "iban"], reader.UnknownColumns);
    }

    [Fact]
    public async Task A_quote_that_is_never_closed_does_not_fill_the_memory()
    {
        var file = new StringBuilder("date,description,amount\n2026-01-01,a,1\n2026-01-01,\"b,1\n");
        for (var i = 0; i < 100_000; i++)
            file.Append("2026-01-01,Coffee,3.50\n");

        var failure = await ImportFile.RefusalAsync(ImportFile.Bytes(file.ToString()));

        Assert.StartsWith("line 3: The row that begins here is longer than", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0 }, "is compressed with gzip: unpack it first: gunzip -c FILE | outlay import -.")]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4 }, "save it as CSV (UTF-8)")]
    [InlineData(new byte[] { 0xD0, 0xCF, 0x11, 0xE0 }, "save it as CSV (UTF-8)")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'d', 0 }, "iconv -f UTF-16 -t UTF-8")]
    [InlineData(new byte[] { (byte)'d', 0, (byte)'a', 0 }, "is not text")]
    [InlineData(new byte[] { (byte)' ', (byte)'[', (byte)'{' }, "jq -c '.[]'")]
    public async Task A_file_that_is_not_CSV_is_refused_with_what_to_do(byte[] file, string message)
    {
        var failure = await ImportFile.RefusalAsync(file, "bank.csv");

        Assert.Equal(ErrorCode.InvalidInput, failure.Code);
        Assert.StartsWith("bank.csv is ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }
}
