namespace Outlay.Expenses;

/// <summary>
/// What a caller calls a change, so that it can ask for it again without making it twice: the first request with a key makes the
/// change, every other one within <see cref="Lifetime"/> gets the answer of the first.
/// </summary>
/// <param name="value">1 to <see cref="MaxLength"/> visible characters of ASCII.</param>
/// <param name="fingerprint">SHA-256 of everything that makes the request what it is.</param>
/// <param name="status">The status over HTTP of a request that makes the change.</param>
internal sealed class IdempotencyKey(string value, byte[] fingerprint, int status)
{
    public const int MaxLength = 255;

    /// <summary>How long a change is remembered by its key.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public string Value => value;

    public byte[] Fingerprint => fingerprint;

    /// <summary>The status of the answer: that of the first request.</summary>
    public int Status { get; private set; } = status;

    /// <summary>Whether the change had been made before, and its answer was given again.</summary>
    public bool Replayed { get; private set; }

    /// <summary>Takes the answer of an earlier request. Throws <see cref="ErrorCode.KeyReused"/> when that one asked for something else.</summary>
    public string Replay(IdempotentAnswer earlier)
    {
        if (!earlier.Fingerprint.AsSpan().SequenceEqual(fingerprint))
            throw new AppException(ErrorCode.KeyReused, "The Idempotency-Key was used for another request before: each change needs a key of its own");
        Replayed = true;
        Status = earlier.Status;
        return earlier.Body;
    }
}

/// <summary>What a request with a key was, and what it was answered.</summary>
/// <param name="Status">Over HTTP.</param>
/// <param name="Body">The result of the change, as JSON.</param>
internal sealed record IdempotentAnswer(byte[] Fingerprint, int Status, string Body);
