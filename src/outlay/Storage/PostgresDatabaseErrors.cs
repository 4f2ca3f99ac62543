using System.Net.Sockets;
using Npgsql;

namespace Outlay.Storage;

/// <content>What the errors of PostgreSQL mean.</content>
internal sealed partial class PostgresDatabase
{
    /// <summary>Classes of SQLSTATE with which a commit fails and is rolled back: constraints, an invalid state of the transaction, conflicts.</summary>
    private static readonly string[] s_rollbacks = ["23", "25", "40"];

    protected override AppException? Explain(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.NumericValueOutOfRange } =>
            new AppException(ErrorCode.LimitExceeded, "The total of one category and currency would exceed 64 bits.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            Unavailable($"PostgreSQL at {Location} refused the login of {_settings.User}: check DB_USER and DB_PASSWORD.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
            Unavailable($"PostgreSQL has no database {Location}: create it, or set DB_NAME.", exception),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
            Unavailable(
                $"{_settings.User} lacks a privilege in {Location}. To serve, it needs: {PostgresRoles.LetServe($"\"{_settings.User}\"")}; (in psql, as a superuser). " +
                $"To migrate or to restore: grant {PostgresRoles.Owner} to it. After an upgrade, the owner runs outlay migrate.", exception),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            Unavailable($"The disk of PostgreSQL at {Location} is full.", exception),
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow } =>
            Unavailable($"PostgreSQL at {Location} is stopping or starting, or ended the session: see that it runs, and try again.", exception),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } =>
            Unavailable($"PostgreSQL at {Location} took longer than a request may.", exception),
        PostgresException { SqlState: var state } when IsPassing(state) =>
            Unavailable($"PostgreSQL at {Location} cannot do this right now (SQLSTATE {state}).", exception),
        PostgresException => null,
        NpgsqlException { InnerException: TimeoutException } =>
            Unavailable($"PostgreSQL at {Location} did not answer in time.", exception),
        NpgsqlException or SocketException =>
            Unavailable($"PostgreSQL at {Location} cannot be reached: start it, or set DB_HOST and DB_PORT.", exception),
        _ => null,
    };

    // A deadlock and a conflict are rolled back by the server. A connection that is lost before the commit takes its transaction along;
    // a server that does not answer in time would not answer a second time.
    protected override bool DidNothing(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } || LostSession(exception);

    protected override bool LostSession(Exception exception) => exception switch
    {
        PostgresException { SqlState: var state } =>
            state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown || state.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException { InnerException: IOException or SocketException } => true,
        _ => false,
    };

    // Only an error with which a server always rolls back says what became of a commit. Any other may come after it: from a server
    // that stops, or from a pooler that lost the server.
    protected override bool IsOutcomeUnknown(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.TransactionResolutionUnknown } => true,
        PostgresException { SqlState: var state } => !s_rollbacks.Any(@class => state.StartsWith(@class, StringComparison.Ordinal)),
        _ => exception is NpgsqlException,
    };

    public override bool IsLockTimeout(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    /// <summary>Connection trouble, too few resources, a lock or a deadlock, a shutdown, a standby: it passes by itself.</summary>
    private static bool IsPassing(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) ||
        state.StartsWith("53", StringComparison.Ordinal) ||
        state.StartsWith("57", StringComparison.Ordinal) ||
        state.StartsWith("40", StringComparison.Ordinal) ||
        state is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ReadOnlySqlTransaction;
}
