using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Outlay.Storage;

/// <summary>
/// A connection whose statements see the rows of one owner, or, said explicitly, of all: the policies of the tables compare with a setting
/// that lasts for a transaction only, so that nothing of it is left when the connection goes to somebody else. The setting travels before
/// the first statement of the transaction, in the same round trip; a statement without a transaction is one by itself.
/// </summary>
internal sealed class PostgresConnection(NpgsqlConnection inner, OwnerScope scope) : DbConnection
{
    /// <summary>Goes before a statement.</summary>
    private const string SetScope = $"select set_config('outlay.owner', {Parameter}, true); ";

    private const string Parameter = "@outlay_owner";

    private bool _inTransaction;
    private bool _isSet;

    [AllowNull]
    public override string ConnectionString { get => inner.ConnectionString; set => throw new NotSupportedException(); }

    public override string Database => inner.Database;

    public override string DataSource => inner.DataSource;

    public override string ServerVersion => inner.ServerVersion;

    public override ConnectionState State => inner.State;

    /// <summary>Lets a command say whose rows it sees, if that was not said yet.</summary>
    /// <param name="command">One that has its text.</param>
    public void Scope(DbCommand command)
    {
        if (_isSet)
            return;
        _isSet = _inTransaction;
        command.CommandText = SetScope + command.CommandText;
        command.Parameters.Add(new NpgsqlParameter<string>(Parameter, scope.Setting));
    }

    /// <summary>Whether the first result of a command is that of the setting.</summary>
    public static bool IsScoped(DbCommand command) => command.Parameters.Contains(Parameter);

    /// <summary>The connection of the driver, for what is not a statement: copying rows in and out.</summary>
    public async Task<NpgsqlConnection> ForCopyAsync(CancellationToken token)
    {
        if (!_isSet)
            await new Sql("select 1").ExecuteAsync(this, token);
        return inner;
    }

    public override void Open() => inner.Open();

    public override void Close() => inner.Close();

    public override void ChangeDatabase(string databaseName) => inner.ChangeDatabase(databaseName);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override DbCommand CreateDbCommand() => inner.CreateCommand();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel)
    {
        _inTransaction = true;
        return inner.BeginTransaction(isolationLevel);
    }

    protected override async ValueTask<DbTransaction> BeginDbTransactionAsync(IsolationLevel isolationLevel, CancellationToken cancellationToken)
    {
        _inTransaction = true;
        return await inner.BeginTransactionAsync(isolationLevel, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
