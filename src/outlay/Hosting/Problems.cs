using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Outlay.Expenses;
using Outlay.History;

namespace Outlay.Hosting;

/// <summary>Answers every failure with problem details (RFC 9457), and nothing that an exception says by itself.</summary>
internal sealed partial class Problems(RequestDelegate next, RunId runId, ILogger<Problems> logger)
{
    public const string ContentType = "application/problem+json";

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentType: null })
                await AnswerAsync(context, context.Features.Get<AppException>() ?? FromStatus(context));
        }
        catch (Exception exception) when (IsHungUp(context, exception))
        {
            // Nobody is there to read an answer; the status is for the log.
            if (!context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception)
        {
            var failure = exception as AppException ?? FromException(exception);
            if (failure.Code is ErrorCode.Unavailable)
                Log.DependencyUnavailable(logger, failure.Message);
            else if (ErrorTable.Of(failure.Code).HttpStatus >= 500)
                Log.RequestFailed(logger, exception, ErrorTable.Of(failure.Code).Slug);
            if (context.Response.HasStarted)
                BreakOff(context);
            else
                await AnswerAsync(context, failure);
        }
    }

    /// <summary>
    /// Has a request answered with a failure, which need not be thrown: that would cost more than the answer, just when there is too much to do.
    /// </summary>
    public static void Refuse(HttpContext context, AppException failure)
    {
        context.Features.Set(failure);
        context.Response.StatusCode = ErrorTable.Of(failure.Code).HttpStatus;
    }

    /// <summary>Half an answer cannot be taken back; a broken connection shows that it is half.</summary>
    private static void BreakOff(HttpContext context)
    {
        context.Features.Set(new BrokenAnswer());
        context.Abort();
    }

    /// <summary>A connection that is cut off in the middle of a body shows as that before it shows as an aborted request.</summary>
    private static bool IsHungUp(HttpContext context, Exception exception) =>
        exception is ConnectionResetException || (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    private static AppException FromException(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new AppException(ErrorCode.BodyTooLarge, $"The body may have at most {App.MaxBodySize / 1024} KiB", exception),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } =>
            new AppException(ErrorCode.RequestTimeout, "The body came too slowly, or stopped coming", exception),
        // The server says the second when the length of a chunk is beyond its numbers.
        BadHttpRequestException or IOException { InnerException: OverflowException } => new AppException(ErrorCode.InvalidInput, "The request is not valid HTTP", exception),
        _ => new AppException(ErrorCode.Internal, "Something went wrong that should not have. The log of the service has the rest, under this trace_id", exception),
    };

    /// <summary>What the framework refused by status alone.</summary>
    private static AppException FromStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new AppException(ErrorCode.NotFound, "There is nothing at this address; /docs lists what there is"),
        StatusCodes.Status405MethodNotAllowed => new AppException(ErrorCode.MethodNotAllowed,
            $"{context.Request.Method} is not for this address; it takes {context.Response.Headers.Allow}"),
        var status => throw new InvalidOperationException($"No problem type stands for an empty answer of status {status}."),
    };

    private async Task AnswerAsync(HttpContext context, AppException failure)
    {
        var row = ErrorTable.Of(failure.Code);
        RejectionMetrics.Rejected(failure.Code);
        if (row.HttpStatus >= 500)
            Activity.Current?.SetTag("error.type", row.Slug);
        var response = context.Response;
        response.StatusCode = row.HttpStatus;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        if (failure.Challenge is { } challenge)
            response.Headers.WWWAuthenticate = challenge;
        if (failure.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);

        await using var writer = new Utf8JsonWriter(response.BodyWriter, ExpenseJson.Format);
        writer.WriteStartObject();
        writer.WriteString("type", $"/problems/{row.Slug}");
        writer.WriteString("title", row.Title);
        writer.WriteNumber("status", row.HttpStatus);
        writer.WriteString("detail", failure.ForAnybody);
        if (failure.Errors.Count > 0)
        {
            writer.WriteStartObject("errors");
            foreach (var (field, messages) in failure.Errors)
            {
                writer.WriteStartArray(field);
                foreach (var message in messages)
                    writer.WriteStringValue(message);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        if (failure.ViolatedPolicies.Count > 0)
        {
            writer.WriteStartArray("violated-policies");
            foreach (var policy in failure.ViolatedPolicies)
                writer.WriteStringValue(policy);
            writer.WriteEndArray();
        }

        if (failure.Conflict is { } conflict)
            HistoryJson.WriteMembers(writer, conflict);
        writer.WriteString("trace_id", Activity.Current?.TraceId.ToHexString());
        writer.WriteString("run_id", runId.Value);
        writer.WriteEndObject();
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "dependency_unavailable", Level = LogLevel.Warning, Message = "A request could not be served: {Reason}")]
        public static partial void DependencyUnavailable(ILogger logger, string reason);

        [LoggerMessage(EventName = "request_failed", Level = LogLevel.Error, Message = "A request failed: {Error}")]
        public static partial void RequestFailed(ILogger logger, Exception exception, string error);
    }
}
