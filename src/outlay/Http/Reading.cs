namespace Outlay.Http;

/// <summary>Reading over HTTP.</summary>
internal static class Reading
{
    /// <summary>The methods that an address takes which can be read: HEAD wherever GET (RFC 9110, section 9.3.2). The server leaves the body out.</summary>
    public static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];
}
