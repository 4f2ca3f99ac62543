using System.Reflection;

namespace Outlay;

/// <summary>What this program is.</summary>
internal static class Product
{
    /// <summary>The version (SemVer 2), without the commit it was built from.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
