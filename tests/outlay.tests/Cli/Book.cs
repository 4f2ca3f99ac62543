using Outlay.Tests.Harness;

namespace Outlay.Tests.Cli;

/// <summary>A book of its own for one test, worked on by the built program as a user runs it.</summary>
internal sealed class Book : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private Book(TestDatabase database) => _database = database;

    public Dictionary<string, string> Environment => _database.Environment;

    public static async Task<Book> CreateAsync(Engine engine) => new(await TestDatabase.CreateAsync(engine));

    /// <summary>Runs a verb that must succeed.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments) => (await FailAsync(0, arguments)).Output;

    /// <summary>Runs a verb that must end with this exit code.</summary>
    public async Task<ProcessResult> FailAsync(int exitCode, params string[] arguments)
    {
        var result = await OutlayProcess.RunAsync(arguments, Environment);
        Assert.True(exitCode == result.ExitCode, $"outlay {string.Join(' ', arguments)} exited with {result.ExitCode}:\n{result.Output}{result.Error}");
        return result;
    }

    /// <summary>Opens the program on a pseudo-terminal.</summary>
    public OutlayProcess OpenInTerminal(params string[] arguments) => OutlayProcess.StartInTerminal(arguments, Environment);

    public Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    public Task<T> ScalarAsync<T>(string sql) => _database.ScalarAsync<T>(sql);

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
