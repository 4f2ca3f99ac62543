using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;

namespace Outlay.Tests.Harness;

/// <summary>One instruction of the compiled product, and the line of source that it comes from.</summary>
/// <param name="File">Relative to src/outlay, with forward slashes.</param>
/// <param name="Member">The member or type it refers to, like System.Console.WriteLine; empty when it refers to none.</param>
/// <param name="Text">The text it loads; null when it loads none.</param>
internal sealed record Instruction(string File, int Line, OpCode Code, string Member, string? Text)
{
    public string Place => $"{File}:{Line}";
}

/// <summary>The source and the compiled form of the product, for rules that no analyzer keeps.</summary>
internal static class ProductCode
{
    private static readonly Dictionary<int, OpCode> s_codes = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (int)(ushort)code.Value);

    private static readonly Lazy<IReadOnlyList<Instruction>> s_instructions = new(() => [.. Read()]);

    public static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFolder(), "..", "..", ".."));

    public static string Source { get; } = Path.Combine(Root, "src", "outlay");

    /// <summary>Every instruction that a line of the product was compiled to.</summary>
    public static IReadOnlyList<Instruction> Instructions => s_instructions.Value;

    /// <summary>The files of the product's source, relative to src/outlay.</summary>
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Source, file).Replace('\\', '/')).Order(StringComparer.Ordinal);

    public static string[] Lines(string file) => System.IO.File.ReadAllLines(Path.Combine(Source, file));

    private static IEnumerable<Instruction> Read()
    {
        var assembly = typeof(Settings).Assembly.Location;
        using var image = new PEReader(System.IO.File.OpenRead(assembly));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(System.IO.File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        var metadata = image.GetMetadataReader();
        var debug = symbols.GetMetadataReader();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var address = metadata.GetMethodDefinition(handle).RelativeVirtualAddress;
            var points = debug.GetMethodDebugInformation(handle).GetSequencePoints().ToList();
            if (address == 0 || points.Count == 0)
                continue;
            foreach (var (offset, code, token) in Decode(image.GetMethodBody(address).GetILContent()))
            {
                var point = points.LastOrDefault(point => point.Offset <= offset && !point.IsHidden);
                if (point.Document.IsNil)
                    continue;
                var file = Path.GetRelativePath(Source, debug.GetString(debug.GetDocument(point.Document).Name)).Replace('\\', '/');
                // What generators write lies elsewhere.
                if (!file.StartsWith("..", StringComparison.Ordinal))
                    yield return new Instruction(file, point.StartLine, code, NameOf(metadata, code, token), TextOf(metadata, code, token));
            }
        }
    }

    private static IEnumerable<(int Offset, OpCode Code, int Token)> Decode(ImmutableArray<byte> il)
    {
        for (var at = 0; at < il.Length;)
        {
            var start = at;
            var code = s_codes[il[at] == 0xFE ? 0xFE00 | il[at + 1] : il[at]];
            at += code.Size;
            var operand = at + 4 <= il.Length ? BitConverter.ToInt32(il.AsSpan(at, 4)) : 0;
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * operand),
                _ => 4,
            };
            yield return (start, code, operand);
        }
    }

    private static string? TextOf(MetadataReader metadata, OpCode code, int token) =>
        code.OperandType is OperandType.InlineString ? metadata.GetUserString(MetadataTokens.UserStringHandle(token & 0xFFFFFF)) : null;

    private static string NameOf(MetadataReader metadata, OpCode code, int token) =>
        code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok
            ? NameOf(metadata, MetadataTokens.EntityHandle(token))
            : "";

    private static string NameOf(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference:
                var reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                return $"{metadata.GetString(reference.Namespace)}.{metadata.GetString(reference.Name)}";
            case HandleKind.TypeDefinition:
                var definition = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return $"{metadata.GetString(definition.Namespace)}.{metadata.GetString(definition.Name)}";
            case HandleKind.MemberReference:
                var member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                return $"{NameOf(metadata, member.Parent)}.{metadata.GetString(member.Name)}";
            case HandleKind.MethodDefinition:
                var method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                return $"{NameOf(metadata, method.GetDeclaringType())}.{metadata.GetString(method.Name)}";
            case HandleKind.MethodSpecification:
                return NameOf(metadata, metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method);
            default:
                // Generic instantiations: no rule is about one.
                return "";
        }
    }

    private static string ThisFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
