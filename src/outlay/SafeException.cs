using System.Collections.Frozen;
using System.Data.Common;
using System.Net.Sockets;
using System.Text;

namespace Outlay;

/// <summary>
/// What may be told about an exception outside the process. The message of an exception can hold what somebody typed: a
/// database quotes the value it refused, a web server the request line. So a message passes only if its type is known to
/// write nothing but paths, addresses and the reason of the operating system.
/// </summary>
/// <param name="Type">The full name of its type.</param>
/// <param name="Code">The slug of an <see cref="AppException"/>, the SQLSTATE, the socket error; null for others.</param>
/// <param name="Message">Null when the message is not known to be safe.</param>
/// <param name="Stack">The types and stack traces of the exception and of what caused it.</param>
internal sealed record SafeException(string Type, string? Code, string? Message, string Stack)
{
    /// <summary>Exactly these types: what derives from them may write anything, as the request errors of the web server do.</summary>
    private static readonly FrozenSet<Type> s_safeTypes = FrozenSet.Create(
        typeof(IOException), typeof(FileNotFoundException), typeof(DirectoryNotFoundException), typeof(PathTooLongException),
        typeof(UnauthorizedAccessException), typeof(SocketException));

    /// <summary>In words, as far as they are safe.</summary>
    public string Reason => Message ?? (Code is null ? Type : $"{Type} ({Code})");

    public static SafeException Of(Exception exception) =>
        new(TypeOf(exception), CodeOf(exception), MessageOf(exception), StackOf(exception));

    private static string TypeOf(Exception exception) => exception.GetType().FullName ?? exception.GetType().Name;

    private static string? CodeOf(Exception exception) => exception switch
    {
        AppException app => ErrorTable.Of(app.Code).Slug,
        DbException db => db.SqlState,
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => null,
    };

    private static string? MessageOf(Exception exception) => exception switch
    {
        // All others can quote input.
        AppException { IsOfInstallation: true } => exception.Message,
        _ when s_safeTypes.Contains(exception.GetType()) => exception.Message,
        _ => null,
    };

    private static string StackOf(Exception exception)
    {
        var text = new StringBuilder();
        for (var e = exception; e is not null; e = e.InnerException)
        {
            text.Append(e == exception ? "" : "caused by ").Append(TypeOf(e));
            if (MessageOf(e) is { } message)
                text.Append(": ").Append(message);
            text.Append('\n');
            if (e.StackTrace is { } trace)
                text.Append(trace).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }
}
