using System.Security.Cryptography;
using System.Text;
using Outlay.Expenses;

namespace Outlay.Http;

/// <summary>The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a string in quotes (RFC 8941), or the bare key.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    /// <summary>Marks an answer that was given before.</summary>
    private const string Replayed = "Idempotent-Replayed";

    /// <summary>The key of a request, whose answer will say when it was given before; null when it has none.</summary>
    /// <param name="status">The status of the answer when the change is made.</param>
    /// <param name="body">What the request carries.</param>
    public static IdempotencyKey? Read(HttpContext context, int status, ReadOnlySpan<byte> body)
    {
        if (context.Request.Headers[Name] is not { Count: > 0 } header)
            return null;
        if (header.Count > 1 || Parse(header[0]!) is not { } value)
            throw new AppException(ErrorCode.InvalidInput,
                $"{Name} must be one key of 1 to {IdempotencyKey.MaxLength} visible characters of ASCII, in quotes or without, like \"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
        var key = new IdempotencyKey(value, Fingerprint(context.Request, body), status);
        context.Response.OnStarting(() =>
        {
            if (key.Replayed)
                (context.Response.StatusCode, context.Response.Headers[Replayed]) = (key.Status, "true");
            return Task.CompletedTask;
        });
        return key;
    }

    /// <summary>Refuses the header where it would promise something that is not kept: an answer with a secret in it cannot be given twice.</summary>
    public static void Refuse(HttpRequest request)
    {
        if (request.Headers.ContainsKey(Name))
            throw new AppException(ErrorCode.InvalidInput, $"{Name} is not for API keys, whose secret is shown once: send the request without it, and look with GET /admin/api-keys whether one before was carried out");
    }

    private static string? Parse(string header)
    {
        var text = header.Trim(' ');
        var key = text.StartsWith('"') ? Unquote(text) : text.AsSpan().ContainsAny(",;\"") ? null : text;
        return key is { Length: >= 1 and <= IdempotencyKey.MaxLength } && !key.AsSpan().ContainsAnyExceptInRange('!', '~') ? key : null;
    }

    /// <summary>The text between quotes; null when they do not end with the header.</summary>
    private static string? Unquote(string text)
    {
        var key = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    return i == text.Length - 1 ? key.ToString() : null;
                case '\\' when i + 1 < text.Length && text[i + 1] is '"' or '\\':
                    key.Append(text[++i]);
                    break;
                case '\\':
                    return null;
                default:
                    key.Append(text[i]);
                    break;
            }
        }

        return null;
    }

    private static byte[] Fingerprint(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in new[] { request.Method, request.Path.Value, request.QueryString.Value, request.Headers.IfMatch.ToString() })
            hash.AppendData(Encoding.UTF8.GetBytes($"{part}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
