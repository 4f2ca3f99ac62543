using System.Text;
using Outlay.Import;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Attacks;

/// <summary>Files that would take a lot of memory are refused before they do, however they are made.</summary>
[Collection(nameof(Alone))]
public sealed class ImportBombTests
{
    private const long Size = 100L * 1024 * 1024;

    [Theory]
    [InlineData("file.csv", "date,description,amount\n2026-01-01,", "a", "is longer than")]
    [InlineData("file.csv", "date,description,amount\n2026-01-01,\"", "a\n", "is longer than")]
    [InlineData("file.csv", "date,description,amount\n2026-01-01,a,1", ",1", "is longer than")]
    [InlineData("file.csv", "date,description,amount", ",column", "is longer than")]
    [InlineData("file.csv", "date,description,amount\n", "\"\"", "is longer than")]
    [InlineData("file.ndjson", "{\"description\":\"", "a", "is longer than")]
    [InlineData("file.ndjson", "", "[", "is a JSON array")]
    [InlineData("file.ndjson", "{\"a\":", "[", "is longer than")]
    [InlineData("file.ndjson", "{\"a\":1", ",\"a\":1", "is longer than")]
    public async Task A_row_of_100_MB_is_refused_at_the_same_memory(string name, string start, string repeated, string told)
    {
        // What is loaded the first time is not counted.
        await RefuseAsync(name, start, repeated, 1024 * 1024);
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var refusal = await RefuseAsync(name, start, repeated, Size);

        Assert.Equal(ErrorCode.InvalidInput, refusal.Code);
        Assert.Contains(told, refusal.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 16 * 1024 * 1024);
    }

    [Fact]
    public async Task As_many_columns_as_a_row_can_have_cost_no_more_than_their_size()
    {
        var header = $"date,description,amount{new string(',', 400_000)}";
        var file = Encoding.ASCII.GetBytes($"{header}\n{string.Concat(Enumerable.Repeat($"2026-01-01,a,1{new string(',', 400_000)}\n", 5))}");
        using var stream = new MemoryStream(file);
        await using var reader = await ImportReader.OpenAsync(stream, "file.csv", "default", Test.Token);

        Assert.Equal(5, await reader.ReadAsync(Test.Token).CountAsync(row => row.Draft is not null, Test.Token));
        Assert.Empty(reader.UnknownColumns);
    }

    private static async Task<AppException> RefuseAsync(string name, string start, string repeated, long size)
    {
        await using var file = new RepeatedText(start, repeated, size);
        return await Assert.ThrowsAsync<AppException>(async () =>
        {
            await using var reader = await ImportReader.OpenAsync(file, name, "default", Test.Token);
            await reader.ReadAsync(Test.Token).CountAsync(Test.Token);
        });
    }
}
