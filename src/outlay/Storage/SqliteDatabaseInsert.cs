using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Outlay.Storage;

/// <content>Inserts in bulk.</content>
internal sealed partial class SqliteDatabase
{
    /// <summary>
    /// One prepared insert of SQLite, run once for each row. It binds values itself: for millions of rows, the parameters of the
    /// provider cost more than the engine does.
    /// </summary>
    private sealed class PreparedInsert : BulkRow, IDisposable
    {
        private readonly sqlite3 _connection;
        private readonly sqlite3_stmt _statement;
        private byte[] _text = new byte[1024];
        private int _column;

        public PreparedInsert(SqliteConnection connection, string table, IReadOnlyList<string> columns)
        {
            _connection = connection.Handle!;
            Text = $"insert into {table} ({string.Join(", ", columns)}) values ({string.Join(", ", columns.Select(_ => "?"))})";
            Check(raw.sqlite3_prepare_v2(_connection, Text, out _statement));
        }

        public string Text { get; }

        public override void Add(long value) => Check(raw.sqlite3_bind_int64(_statement, ++_column, value));

        public override void Add(string? value)
        {
            if (value is null)
            {
                Check(raw.sqlite3_bind_null(_statement, ++_column));
                return;
            }

            var size = Encoding.UTF8.GetMaxByteCount(value.Length);
            if (_text.Length < size)
                _text = new byte[size];
            var length = Encoding.UTF8.GetBytes(value, _text);
            Check(raw.sqlite3_bind_text(_statement, ++_column, _text.AsSpan(0, length)));
        }

        public override void Add(DateOnly value) => Add(value.ToString("O", CultureInfo.InvariantCulture));

        /// <summary>The form in which the provider writes and reads a time.</summary>
        public override void Add(DateTimeOffset value) => Add(value.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture));

        public override void Add(byte[] value) => Check(raw.sqlite3_bind_blob(_statement, ++_column, value));

        public override void AddText(byte[]? value) =>
            Check(value is null ? raw.sqlite3_bind_null(_statement, ++_column) : raw.sqlite3_bind_text(_statement, ++_column, value.AsSpan()));

        /// <summary>Inserts the row whose values were added, and begins the next.</summary>
        public void EndRow()
        {
            var result = raw.sqlite3_step(_statement);
            raw.sqlite3_reset(_statement);
            _column = 0;
            if (result != raw.SQLITE_DONE)
                Check(result);
        }

        public void Dispose() => _statement.Dispose();

        private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);
    }
}
