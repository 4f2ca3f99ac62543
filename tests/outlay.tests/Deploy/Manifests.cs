using Outlay.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Outlay.Tests.Deploy;

/// <summary>The objects in deploy/kubernetes, as they are written there or, with KUBERNETES_MANIFESTS, as they were rendered into that folder.</summary>
internal static class Manifests
{
    public static readonly string Folder = Path.Combine(ProductCode.Root, "deploy", "kubernetes");

    private static readonly string[] s_lists = ["containers", "initContainers"];

    private static readonly string? s_rendered = Environment.GetEnvironmentVariable("KUBERNETES_MANIFESTS");

    public static IReadOnlyList<YamlNode> Objects { get; } =
        [.. Directory.GetFiles(s_rendered ?? Folder, "*.yaml", SearchOption.AllDirectories).SelectMany(Read).Where(node => node.Text("kind") is not (null or "Kustomization"))];

    /// <summary>The kustomization of each overlay.</summary>
    public static IReadOnlyList<YamlNode> Overlays { get; } =
        [.. new[] { "development", "production" }.SelectMany(name => Read(Path.Combine(Folder, name, "kustomization.yaml")))];

    /// <summary>What every kind of workload says about its pods.</summary>
    public static IEnumerable<(string Name, YamlNode Pod)> Pods =>
        from node in Objects
        let pod = node.Text("kind") switch
        {
            "Deployment" or "StatefulSet" or "Job" => node.At("spec", "template"),
            "CronJob" => node.At("spec", "jobTemplate", "spec", "template"),
            _ => null,
        }
        where pod is not null
        select ($"{node.Text("kind")} {node.Text("metadata", "name")}", pod);

    public static IEnumerable<(string Name, YamlNode Container)> Containers =>
        from pod in Pods
        from part in s_lists
        from container in pod.Pod.Items("spec", part)
        select ($"{pod.Name}, {container.Text("name")}", container);

    /// <summary>The settings that an overlay gives to the program, by their names.</summary>
    public static Dictionary<string, string> Settings(YamlNode overlay) =>
        new[] { Read(Path.Combine(Folder, "base", "kustomization.yaml")).Single(), overlay }
            .SelectMany(kustomization => kustomization.Items("configMapGenerator")).SelectMany(map => map.Items("literals"))
            .Select(literal => $"{literal}".Split('=', 2)).GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.Last()[1]);

    /// <summary>The node at the end of a path; null when something on the way is missing.</summary>
    public static YamlNode? At(this YamlNode? node, params string[] path)
    {
        foreach (var key in path)
            node = node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
        return node;
    }

    public static string? Text(this YamlNode? node, params string[] path) => (node.At(path) as YamlScalarNode)?.Value;

    public static IEnumerable<YamlNode> Items(this YamlNode? node, params string[] path) => node.At(path) as YamlSequenceNode ?? Enumerable.Empty<YamlNode>();

    private static IEnumerable<YamlNode> Read(string file)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(file);
        stream.Load(reader);
        return stream.Documents.Select(document => document.RootNode);
    }
}
