using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Outlay.Storage;

/// <summary>
/// A transaction that takes the write lock at once: a lock that is taken later, after a read, cannot be waited for. The
/// provider's own would wait for a second at least.
/// </summary>
internal sealed class SqliteWriteTransaction : DbTransaction
{
    private readonly SqliteConnection _connection;
    private bool _isOpen;

    public SqliteWriteTransaction(SqliteConnection connection, TimeSpan patience)
    {
        _connection = connection;
        Check(raw.sqlite3_busy_timeout(connection.Handle, (int)patience.TotalMilliseconds));
        Run("begin immediate");
        _isOpen = true;
    }

    public override IsolationLevel IsolationLevel => IsolationLevel.Serializable;

    protected override DbConnection DbConnection => _connection;

    public override void Commit()
    {
        Run("commit");
        _isOpen = false;
    }

    public override void Rollback()
    {
        _isOpen = false;
        // What went wrong may have ended the transaction already.
        if (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
            Run("rollback");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _isOpen)
            Rollback();
        base.Dispose(disposing);
    }

    private void Run(string sql) => Check(raw.sqlite3_exec(_connection.Handle, sql));

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection.Handle);
}
