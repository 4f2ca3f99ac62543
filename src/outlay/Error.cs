using Outlay.History;

namespace Outlay;

/// <summary>Every way in which Outlay can say no. HTTP, CLI and logs read the same code: see <see cref="ErrorTable"/>.</summary>
internal enum ErrorCode
{
    InvalidInput,
    Usage,
    Unauthenticated,
    Forbidden,
    MissingScope,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    KeyInUse,
    StaleVersion,
    BodyTooLarge,
    UnsupportedMediaType,
    LimitExceeded,
    KeyReused,
    VersionRequired,
    QuotaExceeded,
    Overloaded,
    Unavailable,
    OutcomeUnknown,
    BadConfiguration,
    SchemaMismatch,
    Inconsistent,
    BackupDamaged,
    BackupRequired,
    Degraded,
    Cancelled,
    Internal,
}

/// <summary>
/// A failure that the user can read and act on. Its message never holds a secret. It goes to whoever runs the program, by log and command line, as it
/// is; over HTTP goes <see cref="ForAnybody"/>.
/// </summary>
internal sealed class AppException(ErrorCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ErrorCode Code { get; } = code;

    /// <summary>Whether the message speaks of the installation: of hosts, logins and folders, and of no input.</summary>
    public bool IsOfInstallation =>
        Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown or ErrorCode.BadConfiguration or ErrorCode.SchemaMismatch or ErrorCode.Inconsistent or ErrorCode.BackupDamaged;

    /// <summary>What anybody may read. By default the message, or a general sentence in the place of one that speaks of the installation.</summary>
    public string ForAnybody
    {
        get => field ?? (IsOfInstallation ? $"{ErrorTable.Of(Code).Title}. The log of the service has the rest, under this trace_id" : Message);
        init;
    }

    /// <summary>What is wrong, by field; empty when the failure is not about fields.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; init; } = new Dictionary<string, string[]>();

    /// <summary>Both sides, when somebody changed what this change was meant for; null for all other failures.</summary>
    public VersionConflict? Conflict { get; init; }

    /// <summary>The names of the quotas that are used up (draft-ietf-httpapi-ratelimit-headers-11); empty for all other failures.</summary>
    public IReadOnlyList<string> ViolatedPolicies { get; init; } = [];

    /// <summary>How long the caller should wait before a retry; null when a retry would not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What to do next on the command line; null for what is usual after a failure of this kind.</summary>
    public string? Hint { get; init; }

    /// <summary>What the header WWW-Authenticate says; null for none.</summary>
    public string? Challenge { get; init; }
}

/// <summary>One row of the table that every door reads.</summary>
/// <param name="Slug">The stable name in problem types, logs and metric labels.</param>
/// <param name="HttpStatus">The status of an HTTP answer (RFC 9110).</param>
/// <param name="ExitCode">The exit code of a CLI verb (the range 64–78 follows sysexits.h).</param>
/// <param name="Title">A summary that is the same for every occurrence.</param>
/// <param name="Cure">What the reader can do about it.</param>
internal sealed record ErrorRow(string Slug, int HttpStatus, int ExitCode, string Title, string Cure);

/// <summary>The one table from <see cref="ErrorCode"/> to problem type, HTTP status and exit code.</summary>
internal static class ErrorTable
{
    public static ErrorRow Of(ErrorCode code) => code switch
    {
        ErrorCode.InvalidInput => new("invalid-input", 400, 3, "The input is not valid",
            "Correct each field named in errors and send it again. Nothing was stored."),
        ErrorCode.Usage => new("usage", 400, 2, "The command is not complete or not known",
            "Run the verb with --help to see what it takes."),
        ErrorCode.Unauthenticated => new("unauthenticated", 401, 77, "The request carries no key that is good",
            "Send a key in X-API-Key, or in Authorization as a Bearer: outlay keys create makes one."),
        ErrorCode.Forbidden => new("forbidden", 403, 77, "The request may not do this",
            "Send a change from the service's own pages or from a program, and administration with the right X-Admin-Secret."),
        ErrorCode.MissingScope => new("missing-scope", 403, 77, "The key may not do this",
            "Use a key with the scope that the message names: outlay keys create makes one."),
        ErrorCode.NotFound => new("not-found", 404, 4, "There is no such thing",
            "Check the address or the id; what was deleted is in the trash."),
        ErrorCode.MethodNotAllowed => new("method-not-allowed", 405, 2, "The address does not take this method",
            "The Allow header lists the methods that it takes."),
        ErrorCode.RequestTimeout => new("request-timeout", 408, 69, "The request did not arrive in time",
            "Send it again. Nothing was stored."),
        ErrorCode.Conflict => new("conflict", 409, 5, "The request does not fit the present state",
            "Read the state again, then decide."),
        ErrorCode.KeyInUse => new("key-in-use", 409, 5, "A request with this key is being worked on",
            "Wait as long as Retry-After says and send the same request with the same key again: it gets the answer of the first one."),
        ErrorCode.StaleVersion => new("stale-version", 412, 5, "Somebody changed it since you read it",
            "Read the expense again, apply your change to what it is now, and send it with the new ETag."),
        ErrorCode.BodyTooLarge => new("body-too-large", 413, 3, "The request body is too large",
            "A body may have 64 KiB. Import many expenses with the import verb."),
        ErrorCode.UnsupportedMediaType => new("unsupported-media-type", 415, 3, "The body is of a type that is not understood",
            "Send JSON with Content-Type: application/json, or a merge patch with application/merge-patch+json."),
        ErrorCode.LimitExceeded => new("limit-exceeded", 422, 3, "A limit of the book would be exceeded",
            "The message names the limit. Nothing was stored."),
        ErrorCode.KeyReused => new("key-reused", 422, 3, "The key was used for another request",
            "Send a request again exactly as it was, or give a new one a new Idempotency-Key. Nothing was stored."),
        ErrorCode.VersionRequired => new("version-required", 428, 5, "The change must name the version it is meant for",
            "Read the expense, then send its ETag in If-Match."),
        ErrorCode.QuotaExceeded => new("quota-exceeded", 429, 69, "The client has sent too many requests",
            "Wait as long as Retry-After says. The RateLimit headers of every answer tell what is left. Nothing was stored."),
        ErrorCode.Overloaded => new("overloaded", 503, 69, "The service has too much to do",
            "Wait as long as Retry-After says, and longer each time, and send it again. Nothing was stored."),
        ErrorCode.Unavailable => new("unavailable", 503, 69, "The service cannot do this right now",
            "Wait as long as Retry-After says and send it again. Nothing was stored."),
        ErrorCode.OutcomeUnknown => new("outcome-unknown", 503, 69, "The database did not say whether it stored the change",
            "Send the same request with the same Idempotency-Key again: it is carried out once. Without a key, look whether the change is there first."),
        ErrorCode.BadConfiguration => new("bad-configuration", 500, 78, "The configuration is not valid",
            "Correct each setting named and start again; outlay config shows what is in force."),
        ErrorCode.SchemaMismatch => new("schema-mismatch", 500, 78, "The database does not fit this version of the program",
            "The message says which version fits."),
        ErrorCode.Inconsistent => new("inconsistent", 500, 65, "The stored data does not add up",
            "Run outlay doctor to see where, and outlay doctor --repair to rebuild the totals from the expenses."),
        ErrorCode.BackupDamaged => new("backup-damaged", 500, 65, "The backup is not what was written",
            "Use another backup: outlay backup list shows which ones were verified."),
        ErrorCode.BackupRequired => new("backup-required", 500, 75, "No verified backup could be made before the upgrade",
            "Mend what the message names and start again, or go on without a backup: outlay migrate --no-snapshot."),
        ErrorCode.Degraded => new("degraded", 500, 1, "The service runs, but not all is well with it",
            "Run outlay status to see what; each alert has a runbook that says what to do."),
        ErrorCode.Cancelled => new("cancelled", 499, 130, "The request was cancelled",
            "Nothing was stored."),
        _ => new("internal", 500, 70, "Something went wrong that should not have",
            "Send the trace_id to whoever runs this service: the log has the rest."),
    };

    /// <summary>The code whose slug this is; null when there is none.</summary>
    public static ErrorCode? FromSlug(string slug) =>
        Enum.GetValues<ErrorCode>().Cast<ErrorCode?>().FirstOrDefault(code => Of(code!.Value).Slug == slug);
}
