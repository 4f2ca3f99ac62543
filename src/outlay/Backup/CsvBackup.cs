using System.Data.Common;
using Outlay.Expenses;
using Outlay.Export;
using Outlay.Storage;

namespace Outlay.Backup;

/// <summary>The readable copy beside a backup: every expense of every owner, with the trash, as one CSV file.</summary>
internal static class CsvBackup
{
    /// <summary>Writes what a connection that sees one moment sees, at constant memory, down to the disk.</summary>
    public static async Task WriteAsync(DbConnection connection, string file, CancellationToken token)
    {
        await using var stream = PrivateFile.Create(file);
        await using var csv = ExpenseCsvWriter.ForBackup(stream);
        await foreach (var (owner, expense) in ExpenseStore.Everything().EachAsync(connection, ExpenseStore.ReadOwned, token))
            await csv.WriteBackupAsync(owner, expense, token);
        await csv.FlushAsync(token);
        stream.Flush(flushToDisk: true);
    }
}
