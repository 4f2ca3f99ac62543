using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Outlay.Storage;

/// <summary>
/// Rows of SQLite as lines of text (<see cref="TableLayout"/>), and back. The values stay bytes of UTF-8 on the way: for
/// millions of rows, the objects of the provider cost more than the engine does.
/// </summary>
internal static class SqliteCopy
{
    private const int BlockSize = 64 * 1024;

    /// <summary>The length of YYYY-MM-DDTHH:MM:SS.mmmZ.</summary>
    private const int TimeLength = 24;

    /// <summary>The length of YYYY-MM-DDTHH:MM:SS.</summary>
    private const int SecondsLength = 19;

    private static readonly SearchValues<byte> s_escaped = SearchValues.Create("\b\t\n\v\f\r\\"u8);

    public static async Task OutAsync(SqliteConnection connection, TableLayout table, Stream output, CancellationToken token)
    {
        var columns = table.Columns.Select(column => column.Name);
        var keys = table.Columns.Take(table.Keys).Select(column => column.Name);
        using var rows = Prepare(connection, $"select {string.Join(", ", columns)} from {table.Name} order by {string.Join(", ", keys)}");
        var block = new ArrayBufferWriter<byte>(2 * BlockSize);
        int result;
        while ((result = raw.sqlite3_step(rows)) == raw.SQLITE_ROW)
        {
            AppendRow(block, rows, table.Columns);
            if (block.WrittenCount < BlockSize)
                continue;
            await output.WriteAsync(block.WrittenMemory, token);
            block.ResetWrittenCount();
        }

        if (result != raw.SQLITE_DONE)
            SqliteException.ThrowExceptionForRC(result, connection.Handle!);
        await output.WriteAsync(block.WrittenMemory, token);
    }

    public static async Task InAsync(
        SqliteConnection connection, TableLayout table, IAsyncEnumerable<ReadOnlyMemory<byte>> lines, CancellationToken token)
    {
        var columns = string.Join(", ", table.Columns.Select(column => column.Name));
        var values = string.Join(", ", table.Columns.Select(_ => "?"));
        using var insert = Prepare(connection, $"insert into {table.Name} ({columns}) values ({values})");
        var scratch = new ArrayBufferWriter<byte>(1024);
        await foreach (var block in lines.WithCancellation(token))
            Insert(connection, insert, table.Columns, block.Span, scratch);
    }

    private static sqlite3_stmt Prepare(SqliteConnection connection, string sql)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(connection.Handle!, sql, out var statement), connection.Handle!);
        return statement;
    }

    private static void AppendRow(ArrayBufferWriter<byte> line, sqlite3_stmt row, IReadOnlyList<ColumnLayout> columns)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (i > 0)
                line.Write("\t"u8);
            if (raw.sqlite3_column_type(row, i) == raw.SQLITE_NULL)
                line.Write("\\N"u8);
            else if (columns[i].Kind is ColumnKind.Integer)
                AppendInteger(line, raw.sqlite3_column_int64(row, i));
            else if (columns[i].Kind is ColumnKind.Bytes)
                AppendBytes(line, raw.sqlite3_column_blob(row, i));
            else if (columns[i].Kind is ColumnKind.Time)
                AppendTime(line, raw.sqlite3_column_blob(row, i));
            else
                AppendText(line, raw.sqlite3_column_blob(row, i));
        }

        line.Write("\n"u8);
    }

    private static void AppendInteger(ArrayBufferWriter<byte> line, long value)
    {
        value.TryFormat(line.GetSpan(20), out var length, default, CultureInfo.InvariantCulture);
        line.Advance(length);
    }

    private static void AppendBytes(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> value)
    {
        line.Write("\\\\x"u8);
        Convert.TryToHexStringLower(value, line.GetSpan(2 * value.Length), out var length);
        line.Advance(length);
    }

    /// <summary>From the form in which the provider writes a time, YYYY-MM-DD HH:MM:SS.f+00:00 without zeros at the end, to that of a line.</summary>
    private static void AppendTime(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> value)
    {
        if (!value.EndsWith("+00:00"u8) || value.Length < SecondsLength + 6 || value[10] != ' ')
            throw new InvalidDataException("A row has a time in a form that the program does not write.");
        var time = line.GetSpan(TimeLength)[..TimeLength];
        "0000-00-00T00:00:00.000Z"u8.CopyTo(time);
        value[..10].CopyTo(time);
        value[11..SecondsLength].CopyTo(time[11..]);
        var fraction = value[SecondsLength..^6];
        fraction[..Math.Min(fraction.Length, 4)].CopyTo(time[SecondsLength..]);
        line.Advance(TimeLength);
    }

    private static void AppendText(ArrayBufferWriter<byte> line, ReadOnlySpan<byte> text)
    {
        int special;
        while ((special = text.IndexOfAny(s_escaped)) >= 0)
        {
            line.Write(text[..special]);
            line.Write([(byte)'\\', Letter(text[special])]);
            text = text[(special + 1)..];
        }

        line.Write(text);
    }

    private static byte Letter(byte special) => special switch
    {
        (byte)'\b' => (byte)'b',
        (byte)'\t' => (byte)'t',
        (byte)'\n' => (byte)'n',
        (byte)'\v' => (byte)'v',
        (byte)'\f' => (byte)'f',
        (byte)'\r' => (byte)'r',
        _ => special,
    };

    private static byte Special(byte letter) => letter switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'t' => (byte)'\t',
        (byte)'n' => (byte)'\n',
        (byte)'v' => (byte)'\v',
        (byte)'f' => (byte)'\f',
        (byte)'r' => (byte)'\r',
        _ => letter,
    };

    private static void Insert(
        SqliteConnection connection, sqlite3_stmt insert, IReadOnlyList<ColumnLayout> columns, ReadOnlySpan<byte> lines, ArrayBufferWriter<byte> scratch)
    {
        while (!lines.IsEmpty)
        {
            var line = Cut(ref lines, (byte)'\n');
            if (line.Count((byte)'\t') != columns.Count - 1)
                throw new InvalidDataException("A row has not as many values as there are columns.");
            for (var i = 0; i < columns.Count; i++)
                Bind(connection, insert, i + 1, columns[i].Kind, Cut(ref line, (byte)'\t'), scratch);
            var result = raw.sqlite3_step(insert);
            raw.sqlite3_reset(insert);
            if (result != raw.SQLITE_DONE)
                SqliteException.ThrowExceptionForRC(result, connection.Handle!);
        }
    }

    /// <summary>Takes what stands before the separator, or all of it where there is none.</summary>
    private static ReadOnlySpan<byte> Cut(ref ReadOnlySpan<byte> text, byte separator)
    {
        var end = text.IndexOf(separator);
        var cut = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return cut;
    }

    private static void Bind(
        SqliteConnection connection, sqlite3_stmt insert, int index, ColumnKind kind, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        var result = value.SequenceEqual("\\N"u8) ? raw.sqlite3_bind_null(insert, index) : kind switch
        {
            ColumnKind.Integer => raw.sqlite3_bind_int64(insert, index, ParseInteger(value)),
            ColumnKind.Bytes => raw.sqlite3_bind_blob(insert, index, ParseBytes(value, scratch)),
            ColumnKind.Time => raw.sqlite3_bind_text(insert, index, ParseTime(value, scratch)),
            _ => raw.sqlite3_bind_text(insert, index, ParseText(value, scratch)),
        };
        SqliteException.ThrowExceptionForRC(result, connection.Handle!);
    }

    private static long ParseInteger(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out var length) && length == value.Length
            ? number
            : throw new InvalidDataException("A row has a value that is no whole number.");

    private static ReadOnlySpan<byte> ParseBytes(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> scratch)
    {
        if (value.StartsWith("\\\\x"u8) &&
            Convert.FromHexString(value[3..], scratch.GetSpan(value.Length), out var read, out var length) is OperationStatus.Done && read == value.Length - 3)
            return scratch.GetSpan(length)[..length];
        throw new InvalidDataException("A row has a value that is not hexadecimal.");
    }

    /// <summary>From the form of a line to the one in which the provider writes and reads a time.</summary>
    private static ReadOnlySpan<byte> ParseTime(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> scratch)
    {
        if (value.Length != TimeLength || value[10] != 'T' || value[^1] != 'Z')
            throw new InvalidDataException("A row has a value that is no time.");
        var time = scratch.GetSpan(TimeLength + 5);
        value[..^1].CopyTo(time);
        time[10] = (byte)' ';
        var length = time[..(TimeLength - 1)].TrimEnd((byte)'0').Length;
        if (time[length - 1] == '.')
            length--;
        "+00:00"u8.CopyTo(time[length..]);
        return time[..(length + 6)];
    }

    private static ReadOnlySpan<byte> ParseText(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> scratch)
    {
        var escape = value.IndexOf((byte)'\\');
        if (escape < 0)
            return value;
        while (escape >= 0 && escape + 1 < value.Length)
        {
            scratch.Write(value[..escape]);
            scratch.Write([Special(value[escape + 1])]);
            value = value[(escape + 2)..];
            escape = value.IndexOf((byte)'\\');
        }

        scratch.Write(value);
        return scratch.WrittenSpan;
    }
}
