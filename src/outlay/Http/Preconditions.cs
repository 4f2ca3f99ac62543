using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace Outlay.Http;

/// <summary>Conditional requests (RFC 9110, section 13): the strong ETag of an expense is its version in quotes.</summary>
internal static class Preconditions
{
    public static string ETag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>
    /// The versions that a change is meant for; null for any. Throws <see cref="ErrorCode.VersionRequired"/> when the
    /// request names none.
    /// </summary>
    public static IReadOnlyCollection<long>? Required(HttpRequest request) =>
        request.Headers.IfMatch.Count > 0
            ? Optional(request)
            : throw new AppException(ErrorCode.VersionRequired, "The change needs If-Match with the ETag of the version that it is meant for, like \"1\": read the expense to get it");

    /// <summary>As <see cref="Required"/>, but a request that names no version is meant for any.</summary>
    public static IReadOnlyCollection<long>? Optional(HttpRequest request)
    {
        if (request.Headers.IfMatch.Count == 0)
            return null;
        if (!EntityTagHeaderValue.TryParseStrictList(request.Headers.IfMatch, out var tags))
            throw new AppException(ErrorCode.InvalidInput, "If-Match must hold ETags in quotes, like \"3\", or *");
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any)) ? null : [.. tags.Where(tag => !tag.IsWeak).Select(VersionOf)];
    }

    /// <summary>Whether the client has this version already.</summary>
    public static bool IsKnown(HttpRequest request, long version) =>
        EntityTagHeaderValue.TryParseStrictList(request.Headers.IfNoneMatch, out var tags) &&
        tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || VersionOf(tag) == version);

    /// <summary>The version in an ETag; one that no expense has for an ETag that was never given out.</summary>
    private static long VersionOf(EntityTagHeaderValue tag) =>
        long.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && tag.Tag == ETag(version)
            ? version
            : -1;
}
