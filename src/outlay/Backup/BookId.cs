using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Outlay.Storage;
using Outlay.Telemetry;

namespace Outlay.Backup;

/// <summary>
/// The name by which the backups of one book are told from those of others in the same place: a random number, kept among the figures of its database.
/// </summary>
internal static class BookId
{
    /// <summary>What a book is called that has no backup yet.</summary>
    public const string None = "";

    private const string Figure = "book";

    /// <summary><see cref="None"/> while there is none.</summary>
    public static async Task<string> FindAsync(Database database, DbConnection connection, CancellationToken token) =>
        (await database.ColumnsAsync(connection, "figures", token)).Count > 0 && (await FigureStore.AllAsync(connection, token)).TryGetValue(Figure, out var id)
            ? Text(id)
            : None;

    /// <summary>Gives the book a name if it has none; <see cref="None"/> where the schema has no place for it yet.</summary>
    public static async Task<string> MakeAsync(Database database, CancellationToken token)
    {
        var id = await database.ReadAsync(OwnerScope.All, connection => FindAsync(database, connection, token), token);
        return id != None ? id : await database.WriteAsync(OwnerScope.All, async connection =>
        {
            if ((await database.ColumnsAsync(connection, "figures", token)).Count == 0)
                return None;
            // Another instance may have been faster.
            await FigureStore.KeepAsync(connection, Figure, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & long.MaxValue, token);
            return await FindAsync(database, connection, token);
        }, token);
    }

    /// <summary>Makes the book go on as the one that a backup is of.</summary>
    public static Task SetAsync(DbConnection connection, string book, CancellationToken token) =>
        FigureStore.SetAsync(connection, Figure, long.Parse(book, NumberStyles.HexNumber, CultureInfo.InvariantCulture), token);

    private static string Text(long id) => id.ToString("x16", CultureInfo.InvariantCulture);
}
