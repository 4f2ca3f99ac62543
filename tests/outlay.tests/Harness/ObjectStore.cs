using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Outlay.Tests.Harness;

/// <summary>What an object store can do wrong.</summary>
internal enum StoreFault
{
    None,

    /// <summary>Answers 500 to everything.</summary>
    Refuses,

    /// <summary>Takes a request and never answers.</summary>
    Hangs,

    /// <summary>Sends half of an object, then nothing.</summary>
    HangsInAnswer,

    /// <summary>Sends half of an object, then ends the connection.</summary>
    BreaksAnswer,

    /// <summary>Keeps four other bytes than it got.</summary>
    FlipsBytes,

    /// <summary>Keeps the end of what it got for itself.</summary>
    CutsOff,

    /// <summary>Keeps the lines of the transfer that carry its signatures as if they were content, as some stores do.</summary>
    KeepsChunkSignatures,

    /// <summary>Keeps what it got, but makes copies that are too short.</summary>
    CopiesBadly,
}

/// <summary>
/// An S3-compatible store inside the tests: it checks every signature, keeps objects in memory, knows parts, copies and pages,
/// and fails as it is told. Like Ceph, it refuses uploads in signed chunks; like others, checksums of the SDK.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    public const string AccessKey = "stand-in-access";
    public const string SecretKey = "stand-in/secret+key";

    /// <summary>Small, so that few objects already need several.</summary>
    private const int PageSize = 3;

    private const int MinPartSize = 5 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, Kept> _objects = new();
    private readonly ConcurrentDictionary<string, Upload> _uploads = new();
    private readonly ConcurrentDictionary<string, bool> _buckets = new();
    private readonly WebApplication _app;
    private readonly TimeProvider _clock;

    private ObjectStore(WebApplication app, TimeProvider clock)
    {
        _app = app;
        _clock = clock;
        app.Run(AnswerAsync);
    }

    public string Endpoint => _app.Urls.Single();

    public StoreFault Fault { get; set; }

    /// <summary>How often the fault happens before the store recovers.</summary>
    public int FaultCount { get; set; } = int.MaxValue;

    /// <summary>The path of every object, with the bucket.</summary>
    public IEnumerable<string> Objects => _objects.Keys.Order(StringComparer.Ordinal);

    /// <summary>What the store keeps under this path rots: one byte of it becomes another.</summary>
    public void Rot(string path)
    {
        var content = _objects[path].Content.ToArray();
        content[content.Length / 2] ^= 1;
        _objects[path] = _objects[path] with { Content = content };
    }

    /// <summary>The paths of uploads that were neither completed nor given up.</summary>
    public IEnumerable<string> OpenUploads => _uploads.Values.Select(upload => upload.Path);

    public static async Task<ObjectStore> StartAsync(TimeProvider clock)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var store = new ObjectStore(builder.Build(), clock);
        await store._app.StartAsync(Test.Token);
        return store;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (Fails(StoreFault.Hangs))
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        var fault = Fails(StoreFault.Refuses) ? "InternalError" : S3Signature.FaultOf(context.Request, body.ToArray(), AccessKey, SecretKey);
        await (fault is null ? ServeAsync(context, body.ToArray()) : FailAsync(context, fault));
    }

    private Task ServeAsync(HttpContext context, byte[] body)
    {
        var (path, query) = (Uri.UnescapeDataString(context.Request.Path.Value!).Trim('/'), context.Request.Query);
        var bucket = path.Split('/')[0];
        if (path == bucket && context.Request.Method == "PUT")
            return Ok(context, () => _buckets[bucket] = true);
        if (!_buckets.ContainsKey(bucket))
            return FailAsync(context, "NoSuchBucket");
        if (context.Request.Headers.Any(header => header.Key.Contains("checksum", StringComparison.OrdinalIgnoreCase)))
            return FailAsync(context, "NotImplemented");
        return context.Request.Method switch
        {
            "GET" when query.ContainsKey("uploads") => ListUploadsAsync(context, $"{bucket}/{query["prefix"]}"),
            "GET" when path == bucket => ListAsync(context, bucket),
            "GET" or "HEAD" => ReadAsync(context, path),
            "POST" when query.ContainsKey("uploads") => BeginAsync(context, path),
            "POST" => CompleteAsync(context, path, body),
            "PUT" => WriteAsync(context, path, body),
            "DELETE" when query.ContainsKey("uploadId") => Ok(context, () => _uploads.TryRemove(query["uploadId"]!, out _), 204),
            "DELETE" => Ok(context, () => _objects.TryRemove(path, out _), 204),
            _ => FailAsync(context, "NotImplemented"),
        };
    }

    /// <summary>An object or a part of one, from the body or from another object.</summary>
    private Task WriteAsync(HttpContext context, string path, byte[] body)
    {
        var request = context.Request;
        var isCopy = request.Headers.TryGetValue("x-amz-copy-source", out var source);
        if (isCopy)
        {
            if (!_objects.TryGetValue(Uri.UnescapeDataString(source!).Trim('/'), out var original))
                return FailAsync(context, "NoSuchKey");
            body = Range(original.Content, request.Headers["x-amz-copy-source-range"]).ToArray();
        }
        // As a bucket does that locks what is put into it.
        else if (request.Headers["Content-MD5"] != DigestOf(body))
        {
            return FailAsync(context, "BadDigest");
        }

        var kept = new Kept(Damaged(body, isCopy), _clock.GetUtcNow());
        if (request.Query.TryGetValue("uploadId", out var id))
        {
            if (!_uploads.TryGetValue(id!, out var upload))
                return FailAsync(context, "NoSuchUpload");
            upload.Parts[int.Parse(request.Query["partNumber"]!, CultureInfo.InvariantCulture)] = kept;
        }
        else
        {
            _objects[path] = kept;
        }

        context.Response.Headers.ETag = kept.ETag;
        return isCopy ? XmlAsync(context, "CopyResult", new XElement("ETag", kept.ETag), Time("LastModified", kept.Time)) : Ok(context, () => { });
    }

    [SuppressMessage("Security", "CA5351", Justification = "The header is made of it.")]
    private static string DigestOf(byte[] body) => Convert.ToBase64String(MD5.HashData(body));

    private byte[] Damaged(byte[] body, bool isCopy)
    {
        if (Fails(StoreFault.FlipsBytes))
            return [.. body[..^4], .. body[^4..].Select(value => (byte)~value)];
        if (Fails(StoreFault.CutsOff) || (isCopy && Fails(StoreFault.CopiesBadly)))
            return body[..^1];
        if (!isCopy && Fails(StoreFault.KeepsChunkSignatures))
        {
            var mark = $";chunk-signature={new string('0', 64)}\r\n";
            return [.. Encoding.ASCII.GetBytes($"{body.Length:x}{mark}"), .. body, .. Encoding.ASCII.GetBytes($"\r\n0{mark}\r\n")];
        }

        return body;
    }

    private async Task ReadAsync(HttpContext context, string path)
    {
        if (!_objects.TryGetValue(path, out var kept))
        {
            await FailAsync(context, "NoSuchKey");
            return;
        }

        if (context.Request.Headers.IfMatch is [{ } etag] && etag != kept.ETag)
        {
            await FailAsync(context, "PreconditionFailed");
            return;
        }

        var content = Range(kept.Content, context.Request.Headers.Range);
        context.Response.StatusCode = context.Request.Headers.Range.Count > 0 ? 206 : 200;
        context.Response.Headers.ETag = kept.ETag;
        context.Response.Headers.LastModified = kept.Time.ToString("R", CultureInfo.InvariantCulture);
        context.Response.ContentLength = content.Length;
        if (context.Request.Method == "HEAD")
            return;
        var (hangs, breaks) = (Fails(StoreFault.HangsInAnswer), Fails(StoreFault.BreaksAnswer));
        await context.Response.Body.WriteAsync(content[..(hangs || breaks ? content.Length / 2 : content.Length)], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        if (hangs)
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        if (breaks)
            context.Abort();
    }

    private Task BeginAsync(HttpContext context, string path)
    {
        var id = Guid.CreateVersion7().ToString();
        _uploads[id] = new Upload(path, _clock.GetUtcNow());
        return XmlAsync(context, "InitiateMultipartUploadResult", new XElement("UploadId", id));
    }

    private Task CompleteAsync(HttpContext context, string path, byte[] body)
    {
        if (!_uploads.TryRemove(context.Request.Query["uploadId"]!, out var upload))
            return FailAsync(context, "NoSuchUpload");
        var named = XElement.Parse(Encoding.UTF8.GetString(body)).Descendants().Where(element => element.Name.LocalName == "ETag").Select(element => element.Value);
        var parts = upload.Parts.Values.ToList();
        if (!named.SequenceEqual(parts.Select(part => part.ETag)))
            return FailAsync(context, "InvalidPart");
        if (parts.SkipLast(1).Any(part => part.Content.Length < MinPartSize))
            return FailAsync(context, "EntityTooSmall");
        _objects[path] = new Kept([.. parts.SelectMany(part => part.Content)], _clock.GetUtcNow());
        return XmlAsync(context, "CompleteMultipartUploadResult", new XElement("ETag", _objects[path].ETag));
    }

    private Task ListAsync(HttpContext context, string bucket)
    {
        var (prefix, after) = ($"{bucket}/{context.Request.Query["prefix"]}", context.Request.Query["continuation-token"].ToString());
        var found = Objects.Where(path => path.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(path, after) > 0)
            .Where(path => !path[prefix.Length..].Contains('/', StringComparison.Ordinal)).ToList();
        var page = found.Take(PageSize).ToList();
        return XmlAsync(context, "ListBucketResult",
        [
            new XElement("IsTruncated", found.Count > PageSize),
            .. found.Count > PageSize ? [new XElement("NextContinuationToken", page[^1])] : Array.Empty<XElement>(),
            .. page.Select(path => new XElement("Contents", new XElement("Key", path[(bucket.Length + 1)..]),
                new XElement("Size", _objects[path].Content.Length), Time("LastModified", _objects[path].Time))),
        ]);
    }

    private Task ListUploadsAsync(HttpContext context, string prefix) => XmlAsync(context, "ListMultipartUploadsResult",
    [
        .. _uploads.Where(upload => upload.Value.Path.StartsWith(prefix, StringComparison.Ordinal)).Select(upload => new XElement("Upload",
            new XElement("Key", upload.Value.Path.Split('/', 2)[1]), new XElement("UploadId", upload.Key), Time("Initiated", upload.Value.Time))),
    ]);

    private bool Fails(StoreFault fault)
    {
        if (Fault != fault || FaultCount <= 0)
            return false;
        FaultCount--;
        return true;
    }

    private static ReadOnlyMemory<byte> Range(byte[] content, string? range)
    {
        if (string.IsNullOrEmpty(range))
            return content;
        var ends = range["bytes=".Length..].Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        return content.AsMemory(ends[0]..(ends[1] + 1));
    }

    private static Task Ok(HttpContext context, Action change, int status = 200)
    {
        change();
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task FailAsync(HttpContext context, string code)
    {
        context.Response.StatusCode = code switch
        {
            "InternalError" => 500,
            "NotImplemented" => 501,
            "PreconditionFailed" => 412,
            "BadDigest" or "InvalidPart" or "EntityTooSmall" or "XAmzContentSHA256Mismatch" => 400,
            _ => code.StartsWith("NoSuch", StringComparison.Ordinal) ? 404 : 403,
        };
        // The words hold what must not be repeated.
        return XmlAsync(context, "Error", new XElement("Code", code), new XElement("Message", $"{SecretKey} {context.Request.Headers.Authorization}"));
    }

    private static XElement Time(string name, DateTimeOffset time) =>
        new(name, time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));

    private static Task XmlAsync(HttpContext context, string name, params IEnumerable<XElement> elements)
    {
        context.Response.ContentType = "application/xml";
        return context.Request.Method == "HEAD" ? Task.CompletedTask : context.Response.WriteAsync(new XElement(name, elements).ToString(), context.RequestAborted);
    }

    private sealed record Kept(byte[] Content, DateTimeOffset Time)
    {
        public string ETag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Content))[..32]}\"";
    }

    private sealed record Upload(string Path, DateTimeOffset Time)
    {
        public SortedDictionary<int, Kept> Parts { get; } = [];
    }
}
