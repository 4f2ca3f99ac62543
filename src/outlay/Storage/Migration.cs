using System.Data.Common;
using System.Globalization;
using System.Text;
using Outlay.History;

namespace Outlay.Storage;

/// <summary>One numbered step of the schema, embedded in the program.</summary>
/// <param name="Number">1, 2, 3, … without gaps.</param>
/// <param name="Name">What it brings, from its file name.</param>
/// <param name="Text">What it does to the schema: SQL of one engine.</param>
/// <param name="Rows">What it does to rows that were there before, as SQL; null when nothing.</param>
internal sealed record Migration(int Number, string Name, string Text, string? Rows = null)
{
    /// <summary>The folder beside the migrations of an engine that has what some of them do to rows, under the same names.</summary>
    private const string RowsFolder = "rows";

    /// <summary>
    /// FNV-1a of the text, 64 bits in hexadecimal; line ends make no difference. It is there against mistakes, not against
    /// attackers: a cryptographic hash would load OpenSSL into every verb, a sixth of its time.
    /// </summary>
    public string Checksum { get; } = Hash((Rows is null ? Text : $"{Text}\n{Rows}").ReplaceLineEndings("\n")).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>
    /// Whether a migration only adds what the program before it can do without: that program goes on running on the new schema,
    /// so an upgrade can be rolled out one instance after another, and back.
    /// </summary>
    public static bool IsExpanding(string name) => name.StartsWith("expand_", StringComparison.Ordinal);

    /// <summary>All migrations of an engine, in the order of their numbers.</summary>
    public static IReadOnlyList<Migration> Of(string engine)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = $"{engine}/";
        return
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !name.AsSpan(prefix.Length).Contains('/'))
                .Order(StringComparer.Ordinal)
                .Select(name =>
                {
                    var file = Path.GetFileNameWithoutExtension(name[prefix.Length..]);
                    return new Migration(int.Parse(file[..4], null), file[5..], Read(name)!, Read($"{prefix}{RowsFolder}/{name[prefix.Length..]}"));
                }),
        ];

        string? Read(string name)
        {
            using var stream = assembly.GetManifestResourceStream(name);
            if (stream is null)
                return null;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>
    /// Does to rows that were there before what belongs to this migration: to those of the database when it is applied, and to
    /// those of an older backup when that is restored.
    /// </summary>
    public async Task UpdateRowsAsync(Database database, DbConnection connection, DateTimeOffset now, CancellationToken token)
    {
        if (Rows is not null)
            await new Sql(Rows).WithoutLimit().ExecuteAsync(connection, token);
        if (Number == Adoption.Migration)
            await Adoption.RunAsync(database, connection, now, token);
    }

    /// <summary>As it is called in reports: number_name.</summary>
    public override string ToString() => $"{Number:D4}_{Name}";

    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037;
        foreach (var value in Encoding.UTF8.GetBytes(text))
            hash = unchecked((hash ^ value) * 1099511628211);
        return hash;
    }
}
