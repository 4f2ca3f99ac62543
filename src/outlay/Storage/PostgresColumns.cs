using System.Text;

namespace Outlay.Storage;

/// <summary>Rows that become one array for each column: a statement takes them as parameters, where COPY would not pass the policies of a table.</summary>
internal sealed class PostgresColumns : BulkRow
{
    private readonly List<IColumn> _columns = [];
    private int _next;

    public bool IsEmpty => _columns.Count == 0;

    public void EndRow() => _next = 0;

    public override void Add(long value) => Next<long>("bigint").Values.Add(value);

    public override void Add(string? value) => Next<string?>("text").Values.Add(value);

    public override void Add(DateOnly value) => Next<DateOnly>("date").Values.Add(value);

    public override void Add(DateTimeOffset value) => Next<DateTimeOffset>("timestamptz").Values.Add(value);

    public override void Add(byte[] value) => Next<byte[]>("bytea").Values.Add(value);

    public override void AddText(byte[]? value) => Next<string?>("text").Values.Add(value is null ? null : Encoding.UTF8.GetString(value));

    /// <summary>The statement that inserts them.</summary>
    public Sql Insert(string table, IReadOnlyList<string> columns)
    {
        var arrays = string.Join(", ", _columns.Select((column, i) => $"@c{i}::{column.Type}[]"));
        var sql = new Sql($"insert into {table} ({string.Join(", ", columns)}) select * from unnest({arrays})").WithoutLimit();
        for (var i = 0; i < _columns.Count; i++)
            sql.With($"@c{i}", _columns[i].Array);
        return sql;
    }

    private Column<T> Next<T>(string type)
    {
        if (_next == _columns.Count)
            _columns.Add(new Column<T>(type));
        return (Column<T>)_columns[_next++];
    }

    private interface IColumn
    {
        string Type { get; }

        Array Array { get; }
    }

    private sealed class Column<T>(string type) : IColumn
    {
        public List<T> Values { get; } = [];

        public string Type => type;

        public Array Array => Values.ToArray();
    }
}
