using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Outlay.Tests.Harness;

/// <summary>Checks the signature of a request to an object store: AWS Signature Version 4, in the Authorization header.</summary>
internal static class S3Signature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <returns>The error code that S3 has for what is wrong; null when the request and its body are what the holder of the key sent.</returns>
    public static string? FaultOf(HttpRequest request, byte[] body, string accessKey, string secretKey)
    {
        var text = request.Headers.Authorization.ToString();
        if (!text.StartsWith($"{Algorithm} ", StringComparison.Ordinal))
            return "AccessDenied";
        var parts = text[Algorithm.Length..].Split(',').Select(part => part.Trim().Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        if (parts["Credential"].Split('/', 2) is not [var key, var scope] || key != accessKey)
            return "InvalidAccessKeyId";
        var hash = request.Headers["x-amz-content-sha256"].ToString();
        if (hash != Hex(SHA256.HashData(body)))
            return "XAmzContentSHA256Mismatch";
        var canonical = $"{request.Method}\n{Target(request)}\n{Headers(request, parts["SignedHeaders"])}\n{hash}";
        var toSign = $"{Algorithm}\n{request.Headers["x-amz-date"]}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var signature = scope.Split('/').Append(toSign).Aggregate(Encoding.UTF8.GetBytes($"AWS4{secretKey}"), Sign);
        return parts["Signature"] == Hex(signature) ? null : "SignatureDoesNotMatch";
    }

    private static string Target(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2);
        var query = target.Length == 1 ? [] : target[1].Split('&').Select(pair => pair.Contains('=', StringComparison.Ordinal) ? pair : $"{pair}=");
        return $"{target[0]}\n{string.Join('&', query.Order(StringComparer.Ordinal))}";
    }

    private static string Headers(HttpRequest request, string signed) =>
        string.Concat(signed.Split(';').Select(name => $"{name}:{request.Headers[name].ToString().Trim()}\n")) + $"\n{signed}";

    private static byte[] Sign(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
