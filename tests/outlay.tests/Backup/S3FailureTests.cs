using Outlay.Tests.Harness;

namespace Outlay.Tests.Backup;

/// <summary>What an object store can do wrong, one by one.</summary>
public sealed class S3FailureTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("FlipsBytes")]
    [InlineData("CutsOff")]
    [InlineData("KeepsChunkSignatures")]
    [InlineData("CopiesBadly")]
    public async Task A_store_that_does_not_keep_what_it_is_sent_is_found_out(string fault)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        var error = await Assert.ThrowsAsync<AppException>(() => destination.StoreAsync("backup", File("some content"), Test.Token));

        Assert.Equal(ErrorCode.BackupDamaged, error.Code);
        Assert.Contains("did not keep what it was sent", error.Message, StringComparison.Ordinal);
        Assert.Empty(store.StandIn.Objects);
    }

    [Theory]
    [InlineData("FlipsBytes")]
    [InlineData("CutsOff")]
    [InlineData("KeepsChunkSignatures")]
    public async Task What_was_kept_under_the_name_before_stays(string fault)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        await destination.StoreAsync("backup", File("before"), Test.Token);
        store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        var error = await Assert.ThrowsAsync<AppException>(() => destination.StoreAsync("backup", File("some content"), Test.Token));

        Assert.DoesNotContain("removed", error.Message, StringComparison.Ordinal);
        Assert.Equal("before".Length, Assert.Single(await destination.ListAsync(Test.Token)).Size);
    }

    [Fact]
    public async Task A_short_failure_is_overcome()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        (store.StandIn.Fault, store.StandIn.FaultCount) = (StoreFault.Refuses, 2);

        await destination.StoreAsync("backup", File("some content"), Test.Token);

        Assert.Single(await destination.ListAsync(Test.Token));
    }

    [Fact]
    public async Task A_connection_that_breaks_while_reading_is_made_again()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        (store.StandIn.Fault, store.StandIn.FaultCount) = (StoreFault.BreaksAnswer, 2);

        await destination.StoreAsync("backup", File("some content"), Test.Token);

        Assert.Equal(0, store.StandIn.FaultCount);
        Assert.Single(await destination.ListAsync(Test.Token));
    }

    [Theory]
    [InlineData("Refuses", "300", "answered 500 (InternalError) while listing backups")]
    [InlineData("Hangs", "5", "did not answer within 5 s while listing backups")]
    [InlineData("HangsInAnswer", "5", "did not answer within 5 s while reading a backup")]
    [InlineData("BreaksAnswer", "300", "could not be used while reading a backup")]
    public async Task A_store_that_fails_for_good_is_given_up_in_time(string fault, string seconds, string told)
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open(("S3_BACKUP_TIMEOUT", seconds));
        store.StandIn.Fault = Enum.Parse<StoreFault>(fault);

        // Only a store that is waited for without end gets to this limit.
        var storing = destination.StoreAsync("backup", File("some content"), Test.Token).WaitAsync(TimeSpan.FromMinutes(2), Test.Token);
        var error = await Assert.ThrowsAsync<AppException>(() => storing);

        Assert.Equal(ErrorCode.Unavailable, error.Code);
        Assert.Contains(told, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("outlay/backup", store.StandIn.Objects);
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_told()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        await store.StandIn.DisposeAsync();

        var error = await Assert.ThrowsAsync<AppException>(() => destination.ListAsync(Test.Token));

        Assert.Equal(ErrorCode.Unavailable, error.Code);
        Assert.Contains("Connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_wanted()
    {
        await using var store = await TestStore.CreateStandInAsync(TimeProvider.System);
        using var destination = store.Open();
        store.StandIn.Fault = StoreFault.Hangs;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Test.Token);
        limit.CancelAfter(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => destination.StoreAsync("backup", File("some content"), limit.Token));
    }

    [Fact]
    public async Task What_a_failed_run_left_is_cleared_away_a_day_later()
    {
        var clock = new TestClock { Now = TimeProvider.System.GetUtcNow() };
        await using var store = await TestStore.CreateStandInAsync(clock);
        using var destination = store.Open(clock);
        (store.StandIn.Fault, store.StandIn.FaultCount) = (StoreFault.BreaksAnswer, 3);
        await Assert.ThrowsAsync<AppException>(() => destination.StoreAsync("large", File(new string('x', 9 << 20)), Test.Token));
        await store.BeginUploadAsync("outlay/incomplete/other");
        await store.BeginUploadAsync("elsewhere/other");
        Assert.Equal(["incomplete/large"], store.StandIn.Objects.Select(Name));

        await destination.StoreAsync("soon", File("some content"), Test.Token);
        Assert.Equal(["incomplete/large", "soon"], store.StandIn.Objects.Select(Name));
        Assert.Equal(2, store.StandIn.OpenUploads.Count());

        clock.Advance(TimeSpan.FromDays(1.1));
        await destination.StoreAsync("later", File("some content"), Test.Token);
        Assert.Equal(["later", "soon"], store.StandIn.Objects.Select(Name));
        Assert.EndsWith("elsewhere/other", Assert.Single(store.StandIn.OpenUploads), StringComparison.Ordinal);

        static string Name(string path) => path[(path.IndexOf("outlay/", StringComparison.Ordinal) + "outlay/".Length)..];
    }

    private string File(string content)
    {
        System.IO.File.WriteAllText(_folder.File("backup"), content);
        return _folder.File("backup");
    }
}
