using System.Reflection;
using System.Runtime.CompilerServices;

namespace Outlay.Tests;

/// <summary>The program calls some members of its packages that are not public: an update may take them away, and nothing else would say so before they are called.</summary>
public sealed class AccessorTests
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static TheoryData<string> Accessors => [.. Find().Select(Name)];

    [Theory, MemberData(nameof(Accessors))]
    public void Each_member_that_is_not_public_is_there(string name)
    {
        var accessor = Find().Single(method => Name(method) == name);
        var target = accessor.GetCustomAttribute<UnsafeAccessorAttribute>()!.Name!;
        Type[] parameters = [.. accessor.GetParameters().Select(parameter => parameter.ParameterType)];

        var found = parameters[0].GetMethods(All).SingleOrDefault(method => method.Name == target);

        Assert.True(found is not null, $"{parameters[0].Assembly.GetName().Name} has no {parameters[0].Name}.{target} any more: {name} needs another way.");
        // Parameters of a generic type are those of its own definition.
        Assert.Equal([accessor.ReturnType.ToString(), .. parameters.Skip(1).Select(type => type.ToString())],
            [found.ReturnType.ToString(), .. found.GetParameters().Select(parameter => parameter.ParameterType.ToString())]);
    }

    private static IEnumerable<MethodInfo> Find() => typeof(App).Assembly.GetTypes().SelectMany(type => type.GetMethods(All))
        .Where(method => method.GetCustomAttribute<UnsafeAccessorAttribute>() is not null);

    private static string Name(MethodInfo accessor) => $"{accessor.DeclaringType!.FullName}.{accessor.Name}";
}
