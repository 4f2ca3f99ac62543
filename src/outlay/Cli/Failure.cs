using Outlay.Expenses;
using Outlay.History;

namespace Outlay.Cli;

/// <summary>The one place where a failure becomes a message on stderr and an exit code.</summary>
internal static class Failure
{
    public static int Report(Exception failure, CliContext cli, TextWriter messages)
    {
        var code = failure switch
        {
            AppException e => e.Code,
            OperationCanceledException => ErrorCode.Cancelled,
            IOException or UnauthorizedAccessException => ErrorCode.Unavailable,
            _ => ErrorCode.Internal,
        };
        foreach (var line in Lines(failure))
            messages.WriteLine(cli.AsTyped(line));
        return ErrorTable.Of(code).ExitCode;
    }

    private static IEnumerable<string> Lines(Exception failure) => failure switch
    {
        AppException { Errors.Count: > 0 } e => e.Errors.SelectMany(field => field.Value.Select(message => Faults.Line(field.Key, message))),
        // What the message advises is for those who can send a key again.
        AppException { Code: ErrorCode.OutcomeUnknown } e => [$"{ErrorTable.Of(e.Code).Title}, and cannot be asked now.", e.Hint!],
        AppException { Hint: { } hint } e => [$"{e.Message.TrimEnd('.')}.", hint],
        AppException { Conflict: { } conflict } e => [e.Message, .. HistoryOutput.Lines(conflict), "Make your change again, if it still fits."],
        AppException e => [e.Message],
        OperationCanceledException => ["Cancelled."],
        IOException or UnauthorizedAccessException => [failure.Message],
        _ => [$"Something went wrong that should not have: {failure.GetType().Name}: {failure.Message}", "Please report it with the command that you ran."],
    };
}
