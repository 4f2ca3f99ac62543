namespace Outlay.Http;

/// <summary>Reads the JSON body of a request.</summary>
internal static class RequestBody
{
    /// <summary>
    /// The whole body. Throws <see cref="ErrorCode.UnsupportedMediaType"/> for a body that is not said to be JSON; the
    /// server itself refuses one that is too large.
    /// </summary>
    public static async Task<ReadOnlyMemory<byte>> ReadJsonAsync(HttpRequest request, CancellationToken token)
    {
        if (!request.HasJsonContentType())
            throw new AppException(ErrorCode.UnsupportedMediaType, "The body must be JSON: send Content-Type: application/json");
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, token);
        return buffer.ToArray();
    }
}
