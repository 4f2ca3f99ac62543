using System.Text;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Export;

public sealed class ExpenseWriterTests
{
    private const string Header = "id,date,description,amount,currency,category,tags,notes,version,created_at,updated_at";

    private static readonly DateTimeOffset s_created = new(2026, 2, 19, 10, 30, 0, 123, TimeSpan.Zero);

    private static readonly Expense s_expense = new(
        7,
        new ExpenseContent(new DateOnly(2026, 2, 19), "Café, \"Luna\"", new Money(350, Currency.Of("EUR")), new Label("-Food"), [new Label("a"), new Label("b c")], "one\r\ntwo"),
        2, s_created, s_created.AddSeconds(1), null);

    private static readonly Expense s_bare = new(
        8,
        new ExpenseContent(new DateOnly(2026, 2, 20), "=cmd", new Money(1200, Currency.Of("JPY")), null, [], null),
        1, s_created, s_created, s_created.AddDays(1));

    [Fact]
    public async Task CSV_is_quoted_where_needed_and_defused()
    {
        var text = await WriteAsync(ExportFormat.Csv, s_expense, s_bare);

        Assert.Equal(
            $"{Header}\n" +
            "7,2026-02-19,\"Café, \"\"Luna\"\"\",3.50,EUR,'-Food,a;b c,\"one\r\ntwo\",2,2026-02-19T10:30:00.123Z,2026-02-19T10:30:01.123Z\n" +
            "8,2026-02-20,'=cmd,1200,JPY,,,,1,2026-02-19T10:30:00.123Z,2026-02-19T10:30:00.123Z\n",
            text);
    }

    [Fact]
    public async Task CSV_of_nothing_is_a_header() => Assert.Equal($"{Header}\n", await WriteAsync(ExportFormat.Csv));

    [Fact]
    public async Task NDJSON_is_an_object_a_line_in_readable_letters()
    {
        var text = await WriteAsync(ExportFormat.Ndjson, s_expense, s_bare);

        Assert.Equal(
            """
            {"id":7,"date":"2026-02-19","description":"Café, \"Luna\"","amount":3.50,"currency":"EUR","category":"-Food","tags":["a","b c"],"notes":"one\r\ntwo","version":2,"created_at":"2026-02-19T10:30:00.123Z","updated_at":"2026-02-19T10:30:01.123Z"}
            {"id":8,"date":"2026-02-20","description":"=cmd","amount":1200,"currency":"JPY","category":null,"tags":[],"notes":null,"version":1,"created_at":"2026-02-19T10:30:00.123Z","updated_at":"2026-02-19T10:30:00.123Z","deleted_at":"2026-02-20T10:30:00.123Z"}

            """,
            text);
    }

    [Fact]
    public async Task A_backup_has_the_owner_and_the_trash_in_it()
    {
        using var output = new MemoryStream();
        await using (var writer = ExpenseCsvWriter.ForBackup(output))
        {
            await writer.WriteBackupAsync("ana", s_bare, Test.Token);
            await writer.FlushAsync(Test.Token);
        }

        Assert.Equal(
            $"{Header},owner,deleted_at\n" +
            "8,2026-02-20,'=cmd,1200,JPY,,,,1,2026-02-19T10:30:00.123Z,2026-02-19T10:30:00.123Z,ana,2026-02-20T10:30:00.123Z\n",
            Encoding.UTF8.GetString(output.ToArray()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task More_than_fits_into_a_buffer_arrives_whole(int format)
    {
        var expenses = Enumerable.Range(1, 5_000).Select(id => s_expense with { Id = id }).ToArray();

        var lines = (await WriteAsync((ExportFormat)format, expenses)).Split('\n');

        var perExpense = (ExportFormat)format is ExportFormat.Csv ? 2 : 1;
        Assert.Equal((expenses.Length * perExpense) + (perExpense - 1) + 1, lines.Length);
        Assert.Equal("", lines[^1]);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_whole_is_not_there()
    {
        using var folder = new TestFolder();
        var file = folder.File("expenses.csv");

        await Assert.ThrowsAsync<InvalidOperationException>(() => AtomicFile.WriteAsync(file, replace: false, async output =>
        {
            await output.WriteAsync("half"u8.ToArray());
            throw new InvalidOperationException();
        }));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Cannot_replace_a_file_without_saying_so()
    {
        using var folder = new TestFolder();
        var file = folder.File("expenses.csv");
        await File.WriteAllTextAsync(file, "precious");

        var failure = await Assert.ThrowsAsync<AppException>(() => AtomicFile.WriteAsync(file, replace: false, _ => Task.CompletedTask));

        Assert.Equal(ErrorCode.Conflict, failure.Code);
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Cannot_write_into_a_folder_that_is_not_there()
    {
        using var folder = new TestFolder();

        var failure = await Assert.ThrowsAsync<AppException>(
            () => AtomicFile.WriteAsync(folder.File("no/such/expenses.csv"), replace: true, _ => Task.CompletedTask));

        Assert.Equal(ErrorCode.Unavailable, failure.Code);
        Assert.Contains("cannot be written", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<string> WriteAsync(ExportFormat format, params Expense[] expenses)
    {
        using var output = new MemoryStream();
        await using (var writer = ExpenseWriter.Over(output, format))
            Assert.Equal(expenses.Length, await writer.WriteAllAsync(expenses.ToAsyncEnumerable(), null, Test.Token));
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
