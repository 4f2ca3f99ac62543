using Outlay.Access;

namespace Outlay.Http;

/// <summary>Reads from a request what says who sends it.</summary>
internal static class Credentials
{
    public const string KeyHeader = "X-API-Key";
    public const string SecretHeader = "X-Admin-Secret";

    private const string Scheme = "Bearer ";

    /// <summary>
    /// The key of a request, from X-API-Key or as a bearer token (RFC 6750); null when it has none. Throws
    /// <see cref="ErrorCode.Unauthenticated"/> for two different ones: which of them was meant is not guessed.
    /// </summary>
    public static string? Key(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        var bearer = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : null;
        var key = request.Headers[KeyHeader] is { Count: > 0 } values ? values.ToString() : null;
        return key is null || bearer is null || KeySecret.AreSame(key, bearer)
            ? key ?? bearer
            : throw Refused($"{KeyHeader} and Authorization carry different keys: send one of them", "invalid_request");
    }

    /// <summary>Whether a request carries ADMIN_SECRET: no database is asked.</summary>
    public static bool HasSecret(HttpRequest request, AccessSettings access) =>
        request.Headers[SecretHeader] is { Count: > 0 } secret && access.AdminSecret is { } expected && KeySecret.AreSame(secret.ToString(), expected.Read());

    /// <summary>A request that must carry a key that is good.</summary>
    /// <param name="error">What is wrong with its key (RFC 6750, section 3.1); null when it has none.</param>
    public static AppException Refused(string message, string? error) =>
        new(ErrorCode.Unauthenticated, message) { Challenge = error is null ? "Bearer realm=\"outlay\"" : $"Bearer realm=\"outlay\", error=\"{error}\"" };

    /// <summary>A key that is good, but not for this.</summary>
    public static AppException Lacks(Scopes scope) =>
        new(ErrorCode.MissingScope, $"This needs a key with the scope {scope.Text()}") { Challenge = $"Bearer realm=\"outlay\", error=\"insufficient_scope\", scope=\"{scope.Text()}\"" };
}
