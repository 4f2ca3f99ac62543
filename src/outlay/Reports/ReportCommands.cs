using System.CommandLine;
using Outlay.Cli;
using Outlay.Expenses;
using Outlay.History;

namespace Outlay.Reports;

/// <summary>The verbs that add up expenses, and check what is added up.</summary>
internal static class ReportCommands
{
    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("summary", "Sums up expenses, each currency for itself.", verb => Summarise(verb, cli),
            "outlay summary",
            "outlay summary --by category --from 2026-01-01 --to 2026-12-31",
            "outlay summary --by month --currency EUR --output csv") { ActsOnBook = true },
        new("doctor", "Checks the database, and that the kept totals are what the expenses add up to.", verb => Doctor(verb, cli),
            "outlay doctor",
            "outlay doctor --deep",
            "outlay doctor --repair"),
    ];

    private static void Summarise(Verb verb, CliContext cli)
    {
        var group = Options.Choice<SummaryGroup?>("--by", "Break the sums down by month, category, tag or currency. Default: the sums alone.",
            ("month", SummaryGroup.Month), ("category", SummaryGroup.Category), ("tag", SummaryGroup.Tag), ("currency", SummaryGroup.Currency));
        var filter = new FilterOptions();
        var output = Options.Output();
        verb.Add(group);
        filter.AddTo(verb);
        verb.Add(output);
        verb.SetAction(async (parsed, token) =>
        {
            var wanted = filter.Read(parsed, cli.Clock);
            var reports = await cli.ReportsAsync(token);
            var summary = await reports.SummariseAsync(cli.Owner, wanted, parsed.GetValue(group), token);
            // A table of one zero would only say the same again.
            if (summary.Totals.Count > 0 || parsed.GetValue(output) is not OutputFormat.Table)
                await SummaryOutput.WriteAsync(cli, parsed.GetValue(output), summary, parsed.GetValue(group), token);
            if (summary.Totals.Count == 0)
                await ExpenseOutput.WriteNoneAsync(cli, wanted, token);
            else if (parsed.GetValue(group) is SummaryGroup.Tag)
                await cli.TellAsync("An expense counts under each of its tags: these sums do not add up to the total.");
        });
    }

    private static void Doctor(Verb verb, CliContext cli)
    {
        var repair = new Option<bool>("--repair") { Description = "Build the totals anew from the expenses when they do not agree, unless the history shows that an expense was changed past the program. Default: only report." };
        var deep = new Option<bool>("--deep") { Description = "Check the history too: every change ever made, and that each expense is what it says. Default: only the totals." };
        verb.Add(deep);
        verb.Add(repair);
        verb.SetAction(async (parsed, token) =>
        {
            var doctor = await cli.DoctorAsync(token);
            var diagnosis = await doctor.ExamineAsync(token);
            DiagnosisOutput.Write(cli, diagnosis);
            var repairs = diagnosis is { Damage: null, Mismatches.Count: > 0 } && parsed.GetValue(repair);
            // Totals that are built anew from expenses that somebody has changed past the program would hide that.
            var history = parsed.GetValue(deep) || repairs ? await doctor.CheckHistoryAsync(token) : null;
            if (history is not null)
                DiagnosisOutput.Write(cli, history);
            if (repairs && history is { Fault: null })
            {
                await cli.TellAsync($"Rebuilt the totals: {Plural.Of(await doctor.RebuildTotalsAsync(token), "row")}.");
                diagnosis = await doctor.ExamineAsync(token);
                DiagnosisOutput.Write(cli, diagnosis);
            }

            ThrowIfSick(cli, diagnosis, history, repairs);
            if (history is null)
                await cli.TellAsync($"Not looked for: an expense that was changed past the program. {cli.ProgramName} doctor --deep finds it.");
        });
    }

    /// <param name="repairs">Whether the totals were to be built anew.</param>
    private static void ThrowIfSick(CliContext cli, Diagnosis diagnosis, HistoryReport? history, bool repairs)
    {
        if (diagnosis.Damage is not null)
            throw new AppException(ErrorCode.Inconsistent, $"{cli.Database.Location} is damaged. Keep a copy of it and restore a backup.");
        if (history?.Fault is not null)
            throw new AppException(ErrorCode.Inconsistent,
                $"{(repairs ? "The totals were not built anew: the" : "The")} history is not as the program wrote it: somebody or something else changed the database. " +
                "Keep a copy of it, and compare it with a backup: outlay backup list shows which there are.");
        if (diagnosis.Mismatches.Count > 0)
            throw new AppException(ErrorCode.Inconsistent,
                "The totals do not agree with the expenses. outlay doctor --repair looks whether an expense was changed past the program, and if none was, builds them anew.");
    }
}
