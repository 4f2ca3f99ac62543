namespace Outlay.Limits;

/// <summary>The body of a request, wholly arrived.</summary>
internal static class UploadedBody
{
    /// <summary>
    /// Reads the body and puts what was read in its place. Throws <see cref="ErrorCode.RequestTimeout"/> when it takes longer than <see cref="LimitSettings.UploadTime"/>;
    /// the server itself refuses one that is too large.
    /// </summary>
    public static async Task ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0))
            return;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(LimitSettings.UploadTime);
        // Not as large as is announced: nobody has said yet who they are, and announcing costs nothing.
        var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, deadline.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new AppException(ErrorCode.RequestTimeout, $"The body took longer than {LimitSettings.UploadTime.TotalSeconds:0} s to arrive");
        }

        body.Position = 0;
        request.Body = body;
    }
}
