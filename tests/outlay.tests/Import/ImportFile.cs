using System.Text;
using Outlay.Expenses;
using Outlay.Import;
using Outlay.Tests.Harness;

namespace Outlay.Tests.Import;

/// <summary>Imports a text or bytes as the file that they would be.</summary>
internal static class ImportFile
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The rows of a file, each as its line and what it says.</summary>
    public static async Task<List<string>> RowsAsync(byte[] file, string name = "file", string owner = ExpenseService.DefaultOwner)
    {
        using var stream = new MemoryStream(file);
        await using var reader = await ImportReader.OpenAsync(stream, name, owner, Test.Token);
        return await reader.ReadAsync(Test.Token).Select(Describe).ToListAsync(Test.Token);
    }

    public static Task<List<string>> RowsAsync(string file) => RowsAsync(Bytes(file));

    public static async Task<AppException> RefusalAsync(byte[] file, string name = "file") =>
        await Assert.ThrowsAsync<AppException>(() => RowsAsync(file, name));

    /// <summary>Imports a file; reports of bad rows go to <paramref name="faults"/>.</summary>
    public static async Task<ImportReport> ImportAsync(
        TestDatabase database, string owner, byte[] file, ImportOptions? options = null, List<ImportFault>? faults = null, string name = "file",
        List<long>? known = null)
    {
        using var stream = new MemoryStream(file);
        await using var reader = await ImportReader.OpenAsync(stream, name, owner, Test.Token);
        return await new ImportService(database.Expenses, database.Database)
            .ImportAsync(Test.By(owner), reader, options ?? new ImportOptions(), fault => faults?.Add(fault), row => known?.Add(row.Line), null, Test.Token);
    }

    private static string Describe(ImportRow row) => row switch
    {
        { Draft: { } draft } => $"{row.Line}: {draft.Date}|{draft.Description}|{draft.Amount}|{draft.Currency}|{draft.Category}|{string.Join('+', draft.Tags)}|{draft.Notes}",
        { Fault: { } fault } => $"{row.Line}: {string.Join("; ", fault.Reasons)}",
        _ => $"{row.Line}: left out, {row.LeftOut}",
    };
}
