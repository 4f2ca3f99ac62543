using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Outlay.Access;
using Outlay.Backup;
using Outlay.Expenses;
using Outlay.History;
using Outlay.Hosting;
using Outlay.Reports;
using Outlay.Storage;
using Outlay.Trash;

namespace Outlay.Cli;

/// <summary>What a verb works with. Everything is made when it is first asked for: a verb pays only for what it uses.</summary>
internal sealed partial class CliContext(TimeProvider clock) : IAsyncDisposable
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    // Long work tells from several threads.
    private readonly Lazy<PlainWriter> _messages = new(() =>
        new PlainWriter(TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError(), s_utf8) { AutoFlush = true })));

    private Database? _database;
    private BackupCatalog? _backups;
    private PlainWriter? _out;
    private bool _migrated;

    public TimeProvider Clock => clock;

    /// <summary>Whose book the verb works on.</summary>
    public string Owner { get; set; } = ExpenseService.DefaultOwner;

    /// <summary>Who the history says has made a change with a verb.</summary>
    public Caller Caller => field ??= new Caller(Owner, $"cli {Environment.UserName}", Activity.Current?.TraceId.ToHexString());

    /// <summary>What the user types to run this program.</summary>
    public string ProgramName => SettingsAsRead.Command;

    public bool InputIsTerminal { get; } = !Console.IsInputRedirected;

    public bool OutputIsTerminal { get; } = !Console.IsOutputRedirected;

    public bool MessagesAreOnTerminal { get; } = !Console.IsErrorRedirected;

    /// <summary>Whether messages can be moved and overwritten: on a terminal that knows how.</summary>
    public bool MessagesCanMove => MessagesAreOnTerminal && !SettingsAsRead.TerminalIsDumb;

    /// <summary>Whether data may be coloured.</summary>
    public bool Colour => SettingsAsRead.Colour;

    /// <summary>How many cells a line of data may take; null when it goes to a file or a pipe, which take any.</summary>
    public int? Width => OutputIsTerminal && Console.WindowWidth is > 0 and var width ? width : null;

    /// <summary>Where data goes, as bytes. Write either here or to <see cref="Out"/>.</summary>
    public Stream OutStream => field ??= OutputIsTerminal ? new PlainStream(Console.OpenStandardOutput()) : Console.OpenStandardOutput();

    /// <summary>Where data goes. Buffered unless a person watches; flushed at the end of the verb.</summary>
    public PlainWriter Out => _out ??= new PlainWriter(new StreamWriter(Console.OpenStandardOutput(), s_utf8, bufferSize: 32 * 1024) { AutoFlush = OutputIsTerminal });

    /// <summary>Where everything goes that is not data. What was written before as data goes out first: both may end in one file.</summary>
    public PlainWriter Messages
    {
        get
        {
            _out?.Flush();
            return _messages.Value;
        }
    }

    /// <summary>Writes a line to <see cref="Messages"/>, also when the verb was cancelled meanwhile: whoever has changed something is told so.</summary>
    public Task TellAsync(string line) => Messages.WriteLineAsync(line);

    /// <summary>What comes from a pipe, as bytes; reading it can be cancelled. Read either here or from <see cref="In"/>.</summary>
    public Stream InStream => field ??= OpenInput();

    /// <summary>What a person or a pipe writes. The terminal itself edits the line.</summary>
    public TextReader In => field ??= new StreamReader(OpenRawInput(), s_utf8);

    /// <summary>A text in which the commands are written as outlay, with them as the user types them.</summary>
    public string AsTyped(string text) => Command().Replace(text, ProgramName.Replace("$", "$$", StringComparison.Ordinal));

    /// <summary>Whether something stands for bytes that were no UTF-8.</summary>
    public static bool IsDamaged(string text) => text.Contains('\uFFFD');

    /// <summary>Asks on stderr, and reads one line; null at the end of the input (Ctrl-D). Throws <see cref="ErrorCode.InvalidInput"/> for what is no UTF-8.</summary>
    public async Task<string?> AskAsync(string question, CancellationToken token)
    {
        await Messages.WriteAsync(question.AsMemory(), token);
        // A read from a terminal cannot be cancelled: it is left behind.
        var line = await Task.Run(In.ReadLine, token).WaitAsync(token);
        if (line is null && InputIsTerminal)
            await Messages.WriteLineAsync();
        if (line is not null && IsDamaged(line))
            throw new AppException(ErrorCode.InvalidInput, "That is not text in UTF-8. Set the terminal to UTF-8, and write it again.");
        return line;
    }

    /// <summary>
    /// Asks before something is destroyed; anything but yes is no. Throws <see cref="ErrorCode.Usage"/> when nobody is there to answer.
    /// </summary>
    public async Task<bool> ConfirmAsync(string question, CancellationToken token)
    {
        if (!InputIsTerminal || !MessagesAreOnTerminal)
            throw new AppException(ErrorCode.Usage, $"{question} Nobody is at a terminal to answer: add --yes to do it without asking.");
        return await AskAsync($"{question} [y/N] ", token) is { } answer && answer.Trim().ToLowerInvariant() is "y" or "yes";
    }

    /// <summary>Everything the environment says, with origins and faults.</summary>
    public SettingsSource SettingsSource { get; } = new(Environment.GetEnvironmentVariable, !Console.IsOutputRedirected);

    /// <summary>The settings, whether they are right or not.</summary>
    public Settings SettingsAsRead => field ??= Settings.From(SettingsSource);

    /// <summary>The settings in force. Throws <see cref="ErrorCode.BadConfiguration"/> with every fault.</summary>
    public Settings Settings
    {
        get
        {
            var settings = SettingsAsRead;
            SettingsSource.ThrowIfFaulty();
            return settings;
        }
    }

    /// <summary>The database, whatever its schema is.</summary>
    public Database Database => _database ??= Database.Open(Settings, Database.PatienceOfVerbs, clock);

    public async Task<ExpenseService> ExpensesAsync(CancellationToken token) =>
        new(await MigratedDatabaseAsync(token), clock, Settings);

    public async Task<OwnerService> OwnersAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), clock);

    public async Task<KeyService> KeysAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), clock);

    public async Task<HistoryService> HistoryAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token));

    public async Task<UndoService> UndoAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), await ExpensesAsync(token));

    public async Task<TrashService> TrashAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), await ExpensesAsync(token), clock);

    public async Task<ReportService> ReportsAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), Settings);

    public async Task<DoctorService> DoctorAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token));

    /// <summary>Where the backups are; it needs no database.</summary>
    public BackupCatalog Backups => _backups ??= new BackupCatalog(Settings, clock)
    {
        // To ask for one would make it.
        Book = async token => HasDatabase ? await BackupCatalog.BookOfAsync(Database, token) : new AskedBook(null),
    };

    /// <summary>Whether there is a database: an embedded one would be made when it is asked.</summary>
    public bool HasDatabase => Settings.Postgres is not null || File.Exists(Settings.SqliteFile);

    public async Task<BackupService> BackupServiceAsync(CancellationToken token) => BackupServiceOn(await MigratedDatabaseAsync(token));

    public async Task<BackupRestore> RestoreAsync(CancellationToken token) => new(await MigratedDatabaseAsync(token), clock);

    /// <summary>Brings the schema up to date.</summary>
    public Upgrade Upgrade => new(Database, Migrator, BackupServiceOn(Database), Settings, clock);

    private Migrator Migrator => new(Database, clock, Settings);

    public async ValueTask DisposeAsync()
    {
        _backups?.Dispose();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    private BackupService BackupServiceOn(Database database) =>
        new(database, Backups, Settings, clock, new BackupStatus(), RunId.New(clock).Value, NullLogger<BackupService>.Instance);

    private async Task<Database> MigratedDatabaseAsync(CancellationToken token)
    {
        if (_migrated)
            return Database;
        if (!await Migrator.IsCurrentAsync(token))
        {
            var report = await Upgrade.RunAsync(withBackup: true, token);
            if (report.Adopted > 0)
                await TellAsync($"Took over {Plural.Of(report.Adopted, "expense")} of the original system in {Database.Location}.");
        }

        _migrated = true;
        // The one by default is always there.
        if (Owner != ExpenseService.DefaultOwner)
            await new OwnerService(Database, clock).GetAsync(Owner, token);
        return Database;
    }

    /// <summary>Standard input, in a form whose reads can be cancelled.</summary>
    private static Stream OpenInput()
    {
        var pipe = new Pipe();
        _ = Task.Run(async () =>
        {
            Exception? failure = null;
            try
            {
                // It waits for the next bytes, whatever happens meanwhile: that wait is left behind.
                // A token would not end the read: it waits in the system.
                await OpenRawInput().CopyToAsync(pipe.Writer);
            }
            catch (Exception e)
            {
                // The reader throws it, where somebody waits.
                failure = e;
            }

            await pipe.Writer.CompleteAsync(failure);
        });
        return pipe.Reader.AsStream();
    }

    /// <summary>The name of the program where a verb or an option follows, or stands for one.</summary>
    [GeneratedRegex(@"(?<![\w./-])outlay(?= [a-z[-])")]
    private static partial Regex Command();

    /// <summary>The terminal itself edits the line and ends the input at Ctrl-D: the console's own reader takes that for a letter.</summary>
    private static Stream OpenRawInput() => OperatingSystem.IsWindows()
        ? Console.OpenStandardInput()
        : new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
}
