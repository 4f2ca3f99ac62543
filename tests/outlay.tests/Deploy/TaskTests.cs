using Outlay.Tests.Harness;

namespace Outlay.Tests.Deploy;

/// <summary>
/// deploy/kubernetes/task and deploy/terraform/aws/task give their orders in an order that loses nothing, and end. Neither a cluster nor an account
/// is there: programs that answer as theirs do, and write down what they were asked, take their places.
/// </summary>
public sealed class TaskTests : IDisposable
{
    private const string Overlay = "deploy/kubernetes/production";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task On_Kubernetes_nothing_starts_the_servers_again_while_they_are_stopped_and_they_start_after_the_settings()
    {
        await KubernetesAsync("replicas=0");

        await RunAsync("kubernetes", "stop");
        Assert.Equal(["delete hpa", "scale deployment", "wait --for=delete"], Orders("kubectl"));

        await RunAsync("kubernetes", "start", Overlay);
        Assert.Equal(["apply -k", "get deployment", "scale deployment", "rollout status"], Orders("kubectl"));
    }

    [Fact]
    public async Task On_Kubernetes_nothing_is_restored_while_servers_run()
    {
        await KubernetesAsync("replicas=2");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync("kubernetes", "restore", Overlay, "outlay_backup_20260219_103000.tar.gz"));

        Assert.Contains("deploy/kubernetes/task stop", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["get deployment"], Orders("kubectl"));
    }

    [Theory]
    [InlineData("SuccessCriteriaMet Complete", null)]
    [InlineData("FailureTarget Failed", "has failed")]
    public async Task On_Kubernetes_a_job_is_waited_for_until_it_has_succeeded_or_failed(string conditions, string? failure)
    {
        await KubernetesAsync("replicas=0", conditions);

        if (failure is null)
            await RunAsync("kubernetes", "restore", Overlay, "outlay_backup_20260219_103000.tar.gz");
        else
            Assert.Contains(failure, (await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync("kubernetes", "migrate", Overlay))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_AWS_a_task_is_the_newest_of_its_family_and_a_restore_waits_for_the_servers_to_end()
    {
        await AwsAsync(tasks: """[{"taskArn":"arn:task"}]""", running: 0);

        await RunAsync("terraform/aws", "stop");
        await RunAsync("terraform/aws", "restore", "outlay_backup_20260219_103000.tar.gz");

        var orders = await File.ReadAllTextAsync(_folder.File("aws.log"), Test.Token);
        Assert.Matches(@"(?s)register-scalable-target.*Suspended=true.*update-service.*--desired-count 0.*wait services-stable.*--task-definition outlay-migrate .*\[""backup"",""restore"",""outlay_backup_20260219_103000\.tar\.gz"",""--replace"",""--yes""\]", orders);

        await RunAsync("terraform/aws", "start");
        Assert.Matches("(?s)--desired-count 2.*Suspended=false", await File.ReadAllTextAsync(_folder.File("aws.log"), Test.Token));
    }

    [Theory]
    [InlineData("[]", 0, "migrate", "RESOURCE:MEMORY")]
    [InlineData("""[{"taskArn":"arn:task"}]""", 1, "restore", "task stop")]
    [InlineData("""[{"taskArn":"arn:task"}]""", 1, "empty", "task stop")]
    public async Task On_AWS_what_cannot_start_is_told_and_not_waited_for(string tasks, int running, string verb, string told)
    {
        await AwsAsync(tasks, running);
        string[] name = verb == "restore" ? ["outlay_backup_20260219_103000.tar.gz"] : [];

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync("terraform/aws", [verb, .. name]));

        Assert.Contains(told, failed.Message, StringComparison.Ordinal);
    }

    private Task RunAsync(string folder, params string[] words) => Command.RunAsync(
        [
            "env", $"PATH={_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}", "POLL=0", Path.Combine(DeployFiles.Folder, folder, "task"),
            .. words.Select(word => word == Overlay ? Path.Combine(ProductCode.Root, word) : word),
        ]);

    /// <summary>The first two words of each order, without the namespace, since it was asked last.</summary>
    private List<string> Orders(string program)
    {
        var file = _folder.File($"{program}.log");
        var orders = File.ReadAllLines(file).Select(line => string.Join(' ', line.Replace("--namespace outlay ", "", StringComparison.Ordinal).Split(' ')[..2])).ToList();
        File.Delete(file);
        return orders;
    }

    private Task KubernetesAsync(string state, string conditions = "") => WriteAsync("kubectl",
        $$"""
        {{state}}
        case "$*" in
          *"get deployment"*) printf %s "$replicas" ;;
          *"get job"*) printf %s "{{conditions}}" ;;
          *"apply -f"*) cat >/dev/null ;;
        esac
        """);

    private async Task AwsAsync(string tasks, int running)
    {
        await WriteAsync("terraform",
            """
            echo '{"cluster":"outlay","service":"outlay","servers":2,"subnets":["a","b"],"security_groups":["sg"],"families":{"migrate":"outlay-migrate","login":"outlay-login"}}'
            """);
        await WriteAsync("aws",
            $$$"""
            case "$*" in
              *run-task*) echo '{"tasks":{{{tasks}}},"failures":[{"reason":"RESOURCE:MEMORY"}]}' ;;
              *describe-tasks*) echo '{"tasks":[{"lastStatus":"STOPPED","containers":[{"exitCode":0}]}]}' ;;
              *describe-services*) echo '{"services":[{"runningCount":{{{running}}}}]}' ;;
            esac
            """);
    }

    private async Task WriteAsync(string program, string answers)
    {
        await File.WriteAllTextAsync(_folder.File(program), $"#!/bin/sh\necho \"$*\" >>{_folder.File($"{program}.log")}\n{answers}\n", Test.Token);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.File(program), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
