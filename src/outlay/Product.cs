using System.Reflection;

namespace Outlay;

/// <summary>What this program is.</summary>
internal static class Product
{
    /// <summary>What it is called where programs ask.</summary>
    public const string Name = "outlay";

    /// <summary>The version (SemVer 2) with the commit it was built from as build metadata, such as 1.2.0+3f0c…: exactly what runs.</summary>
    public static string Build { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The version (SemVer 2), without the commit.</summary>
    public static string Version { get; } = Build.Split('+')[0];

    /// <summary>The commit it was built from; <c>unknown</c> for a build outside a repository.</summary>
    public static string Commit { get; } = Build.Split('+') is [_, var commit] ? commit : "unknown";
}
