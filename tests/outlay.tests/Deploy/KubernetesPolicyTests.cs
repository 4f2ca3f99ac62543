using System.Text.RegularExpressions;
using Outlay.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Outlay.Tests.Deploy;

/// <summary>What deploy/kubernetes must never give up. deploy/ci/kubernetes runs the same on what is rendered, and checks the schemas.</summary>
public sealed partial class KubernetesPolicyTests
{
    private static readonly string[] s_bounds = ["requests", "limits"];
    private static readonly string[] s_resources = ["cpu", "memory", "ephemeral-storage"];
    private static readonly string[] s_probes = ["startupProbe", "readinessProbe", "livenessProbe"];

    [Fact]
    public void No_pod_runs_as_root_or_could_become_it()
    {
        Assert.All(Manifests.Pods, pod =>
        {
            Assert.Equal("true", pod.Pod.Text("spec", "securityContext", "runAsNonRoot"));
            Assert.True(int.Parse(pod.Pod.Text("spec", "securityContext", "runAsUser")!, null) > 0);
            Assert.Equal("RuntimeDefault", pod.Pod.Text("spec", "securityContext", "seccompProfile", "type"));
            Assert.Equal("false", pod.Pod.Text("spec", "automountServiceAccountToken"));
            Assert.Null(pod.Pod.At("spec", "hostNetwork"));
            Assert.Null(pod.Pod.At("spec", "hostPID"));
            Assert.DoesNotContain(pod.Pod.Items("spec", "volumes"), volume => volume.At("hostPath") is not null);
        });
        Assert.All(Manifests.Containers, each =>
        {
            Assert.Equal("false", each.Container.Text("securityContext", "allowPrivilegeEscalation"));
            Assert.Equal("true", each.Container.Text("securityContext", "readOnlyRootFilesystem"));
            Assert.Equal(["ALL"], each.Container.Items("securityContext", "capabilities", "drop").Select(item => $"{item}"));
            Assert.Null(each.Container.At("securityContext", "privileged"));
            Assert.Null(each.Container.At("securityContext", "runAsUser"));
        });
    }

    [Fact]
    public void Every_container_says_what_it_needs_and_what_it_may_take() => Assert.All(
        from each in Manifests.Containers from bound in s_bounds from resource in s_resources select (each, bound, resource),
        one => Assert.NotNull(one.each.Container.At("resources", one.bound, one.resource)));

    [Fact]
    public void Every_container_that_stays_is_asked_whether_it_has_started_is_ready_and_lives()
    {
        var staying = Manifests.Containers.Where(each => each.Name.StartsWith("Deployment", StringComparison.Ordinal) || each.Name.StartsWith("StatefulSet", StringComparison.Ordinal)).ToList();
        Assert.All(from each in staying from probe in s_probes select (each, probe), one => Assert.NotNull(one.each.Container.At(one.probe)));

        Assert.All(staying.Where(each => each.Name == "Deployment outlay, outlay"), server =>
        {
            Assert.Equal("/startupz", server.Container.Text("startupProbe", "httpGet", "path"));
            Assert.Equal("/readyz", server.Container.Text("readinessProbe", "httpGet", "path"));
            // A restart mends no database.
            Assert.Equal("/livez", server.Container.Text("livenessProbe", "httpGet", "path"));
        });
    }

    [Fact]
    public void Health_and_figures_are_asked_where_users_do_not_come()
    {
        Assert.All(Manifests.Overlays, overlay => Assert.Equal(8001, Read(overlay).Management!.Port));
        Assert.All(Manifests.Containers.Where(each => each.Name == "Deployment outlay, outlay"), server =>
        {
            Assert.Contains(server.Container.Items("ports"), port => port.Text("name") == "management" && port.Text("containerPort") == "8001");
            Assert.All(s_probes, probe => Assert.Equal("management", server.Container.Text(probe, "httpGet", "port")));
        });
        Assert.All(Manifests.Objects.Where(node => node.Text("kind") == "ServiceMonitor").SelectMany(monitor => monitor.Items("spec", "endpoints")),
            endpoint => Assert.Equal("management", endpoint.Text("port")));
        Assert.All(Manifests.Objects.Where(node => node.Text("kind") == "Service" && node.Text("metadata", "name") is "outlay" or "outlay-probe"),
            service => Assert.Contains(service.Items("spec", "ports"), port => port.Text("name") == "management"));
        var rules = Manifests.Objects.First(node => node.Text("kind") == "NetworkPolicy" && node.Text("metadata", "name") == "outlay").Items("spec", "ingress");
        var sources = rules.Where(rule => rule.Items("ports").Any(port => port.Text("port") == "management")).SelectMany(rule => rule.Items("from"));
        Assert.Equal(["monitoring"], sources.Select(source => source.Text("namespaceSelector", "matchLabels", "kubernetes.io/metadata.name")));
    }

    [Fact]
    public void The_times_of_leaving_nest() => Assert.All(Manifests.Overlays, overlay =>
    {
        var settings = Read(overlay);
        var server = Manifests.Pods.First(pod => pod.Name == "Deployment outlay").Pod;
        var probe = server.Items("spec", "containers").Single().At("readinessProbe");
        var noticed = TimeSpan.FromSeconds(int.Parse(probe.Text("periodSeconds")!, null) * int.Parse(probe.Text("failureThreshold")!, null));

        Assert.True(settings.DrainDelay >= 2 * noticed, "traffic must go elsewhere before the server stops listening");
        Assert.True(TimeSpan.FromSeconds(int.Parse(server.Text("spec", "terminationGracePeriodSeconds")!, null)) > settings.ShutdownTimeout, "it must not be killed while it finishes");
    });

    [Fact]
    public void A_server_may_wait_for_a_migration_as_long_as_that_may_take()
    {
        var migration = Seconds(Manifests.Objects.First(node => node.Text("kind") == "Job").At("spec"), "activeDeadlineSeconds");
        var server = Manifests.Objects.First(node => node.Text("kind") == "Deployment" && node.Text("metadata", "name") == "outlay").At("spec");
        var probe = server.At("template").Items("spec", "containers").Single().At("startupProbe");
        var waits = Seconds(probe, "periodSeconds") * Seconds(probe, "failureThreshold");

        Assert.True(migration < waits && waits < Seconds(server, "progressDeadlineSeconds"), "a server that waits would be killed, or the roll-out given up");

        static int Seconds(YamlNode? node, string name) => int.Parse(node.Text(name)!, null);
    }

    [Fact]
    public void Every_setting_is_one_that_the_program_has() => Assert.All(Manifests.Overlays, overlay =>
    {
        var known = Read(overlay).Report.Select(setting => setting.Name);

        Assert.Empty(Manifests.Settings(overlay).Keys.Except(known));
        Assert.Empty(Manifests.Containers.Where(each => $"{each.Container.At("image")}".Contains("outlay", StringComparison.Ordinal))
            .SelectMany(each => each.Container.Items("env")).Select(variable => variable.Text("name")!.Replace("_FILE", "", StringComparison.Ordinal)).Except(known));
    });

    [Fact]
    public async Task Every_container_of_the_image_runs_a_verb_that_the_program_has()
    {
        var commands = Manifests.Containers.Where(each => $"{each.Container.At("image")}".Contains("outlay", StringComparison.Ordinal))
            .Select(each => string.Join(' ', each.Container.Items("args"))).Distinct().ToList();
        Assert.Contains("migrate", commands);

        foreach (var command in commands)
        {
            var help = await OutlayProcess.RunAsync([.. command.Split(' '), "--help"]);
            Assert.True(help.ExitCode == 0, $"outlay {command}: {help.Error}");
        }
    }

    [Fact]
    public void Every_image_is_pinned()
    {
        var named = Manifests.Overlays.Select(overlay => overlay.Items("images").Select(image => (Name: image.Text("name"), Tag: image.Text("newTag"), Digest: image.Text("digest"))).ToList());

        Assert.All(Manifests.Containers, each => Assert.True(
            Pinned().IsMatch(each.Container.Text("image")!)
            || named.All(images => images.Any(image => image.Name == each.Container.Text("image") && (image.Digest is not null || Version.TryParse(image.Tag, out _)))),
            $"{each.Name} has the image {each.Container.Text("image")}: name an exact version or a digest."));
    }

    [Fact]
    public void Passwords_come_from_secrets_that_are_not_kept_here()
    {
        Assert.DoesNotContain(Manifests.Objects, node => node.Text("kind") == "Secret");
        Assert.All(Manifests.Overlays, overlay => Assert.DoesNotContain(Manifests.Settings(overlay).Keys, IsSecret));
        Assert.DoesNotContain(Manifests.Containers.SelectMany(each => each.Container.Items("env")), variable => IsSecret(variable.Text("name")!) && variable.At("value") is not null);

        static bool IsSecret(string name) => name.EndsWith("PASSWORD", StringComparison.Ordinal) || name.EndsWith("SECRET", StringComparison.Ordinal)
            || name.EndsWith("PASSPHRASE", StringComparison.Ordinal) || name.EndsWith("KEY", StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_reaches_or_is_reached_but_by_a_rule()
    {
        var policies = Manifests.Objects.Where(node => node.Text("kind") == "NetworkPolicy").ToList();
        var nothing = policies.First(policy => policy.Text("metadata", "name") == "nothing");
        Assert.Equal(["Ingress", "Egress"], nothing.Items("spec", "policyTypes").Select(type => $"{type}"));
        Assert.Empty((YamlMappingNode)nothing.At("spec", "podSelector")!);

        var selected = policies.SelectMany(policy => policy.Items("spec", "podSelector", "matchExpressions").SelectMany(expression => expression.Items("values")).Select(value => $"{value}")
            .Append(policy.Text("spec", "podSelector", "matchLabels", "app.kubernetes.io/name"))).ToHashSet();
        Assert.All(Manifests.Pods, pod => Assert.Contains(pod.Pod.Text("metadata", "labels", "app.kubernetes.io/name"), selected));
    }

    [Fact]
    public void The_way_in_is_encrypted() => Assert.All(Manifests.Objects.Where(node => node.Text("kind") == "Ingress"), ingress =>
    {
        var hosts = ingress.Items("spec", "tls").SelectMany(tls => tls.Items("hosts")).Select(host => $"{host}");
        Assert.Equal(ingress.Items("spec", "rules").Select(rule => rule.Text("host")), hosts);
        Assert.Equal("true", ingress.Text("metadata", "annotations", "nginx.ingress.kubernetes.io/ssl-redirect"));
    });

    [Fact]
    public void Nobody_gets_in_without_a_key()
    {
        Assert.All(Manifests.Overlays, overlay =>
        {
            Assert.False(Read(overlay).Access.AllowAnonymous);
            Assert.False(Read(overlay).IsPrivate);
        });
        Assert.Contains("ADMIN_SECRET_FILE", Variables("Deployment outlay, outlay"));
        Assert.Contains("PROBE_API_KEY_FILE", Variables("Deployment outlay-probe, probe"));

        static IEnumerable<string?> Variables(string name) =>
            Manifests.Containers.Where(each => each.Name == name).SelectMany(each => each.Container.Items("env")).Select(variable => variable.Text("name"));
    }

    [Fact]
    public async Task The_rules_of_Prometheus_are_the_present_ones_and_stale_ones_are_told()
    {
        var script = Path.Combine(Manifests.Folder, "rules");
        await Command.RunAsync(script, "--check");

        using var other = new TestFolder();
        await File.WriteAllTextAsync(other.File("slo.yaml"), "groups:\n  - name: other\n", Test.Token);
        var stale = await Assert.ThrowsAsync<InvalidOperationException>(() => Command.RunAsync("env", $"RULES_DIR={other.Path}", script, "--check"));
        Assert.Contains("run deploy/kubernetes/rules, and commit the result", stale.Message, StringComparison.Ordinal);
    }

    /// <summary>The settings of an overlay, which must be right as a whole.</summary>
    private static Settings Read(YamlNode overlay)
    {
        var source = new SettingsSource(Manifests.Settings(overlay).GetValueOrDefault);
        var settings = Settings.From(source);
        Assert.Empty(source.Faults);
        return settings;
    }

    [GeneratedRegex(@":\d+\.\d+[^:@]*$|@sha256:[0-9a-f]{64}$")]
    private static partial Regex Pinned();
}
