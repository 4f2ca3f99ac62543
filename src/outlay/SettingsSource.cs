using System.Globalization;
using Outlay.Backup;
using Outlay.Expenses;

namespace Outlay;

/// <summary>One setting as it is in force.</summary>
/// <param name="Value">What is in force; a secret is masked.</param>
/// <param name="Origin">default, environment, or the file it was read from.</param>
internal sealed record SettingReport(string Name, string Value, string Origin);

/// <summary>
/// Reads settings from environment variables, and a secret also from the file that NAME_FILE names. Remembers where each
/// value came from and everything that is wrong, so that all of it can be told at once.
/// </summary>
internal sealed class SettingsSource(Func<string, string?> environment, bool onTerminal = false)
{
    private const string MakeOne = "make one with openssl rand -base64 32";

    private readonly List<string> _faults = [];
    private readonly List<Secret> _secrets = [];

    /// <summary>Whether a person watches the output; some defaults depend on it.</summary>
    public bool OnTerminal { get; } = onTerminal;

    public List<SettingReport> Report { get; } = [];

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The secrets that come from files.</summary>
    public IReadOnlyList<Secret> Secrets => _secrets;

    /// <summary>Whether the output may be coloured: only for a person, and not with NO_COLOR (no-color.org).</summary>
    public bool Colour => OnTerminal && !IsSet("NO_COLOR") && !TerminalIsDumb;

    /// <summary>Whether the terminal shows text and obeys nothing else.</summary>
    public bool TerminalIsDumb => environment("TERM") == "dumb";

    public bool IsSet(string name) => !string.IsNullOrEmpty(environment(name));

    /// <param name="origin">Where it comes from when it is set.</param>
    public string Text(string name, string fallback, string origin = "environment") => Read(name, fallback, origin: origin);

    public string? OptionalPath(string name)
    {
        var value = Read(name, "");
        return value.Length == 0 ? null : Path.GetFullPath(value);
    }

    public string Folder(string name, Func<string> fallback)
    {
        var value = Read(name, fallback());
        if (value.Length > 0)
            return Path.GetFullPath(value);
        Fault(name, "is not set and there is no home folder to put a default in", $"set {name} to a folder that can be written");
        return Path.GetTempPath();
    }

    public int Number(string name, int fallback, int min, int max)
    {
        var value = Read(name, fallback.ToString(CultureInfo.InvariantCulture));
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        Fault(name, $"is '{value}'", $"use a whole number from {min} to {max}");
        return fallback;
    }

    /// <summary>A number and a unit: 90s, 15m, 24h or 7d.</summary>
    public TimeSpan Duration(string name, string fallback, TimeSpan min, TimeSpan max)
    {
        var value = Read(name, fallback);
        if (DurationText.TryParse(value, out var duration) && duration >= min && duration <= max)
            return duration;
        Fault(name, $"is '{value}'", $"use a number and a unit, like 15m, 24h or 7d, from {DurationText.Of(min)} to {DurationText.Of(max)}");
        _ = DurationText.TryParse(fallback, out duration);
        return duration;
    }

    /// <summary>A number of bytes with a unit: 512MiB or 2GiB.</summary>
    public long Size(string name, string fallback)
    {
        var value = Read(name, fallback);
        if (SizeText.TryParse(value, out var bytes))
            return bytes;
        Fault(name, $"is '{value}'", "use a number and a unit (KiB, MiB, GiB, TiB), like 512MiB or 2GiB");
        return 0;
    }

    public RetentionRule Retention(string name, string fallback)
    {
        var value = Read(name, fallback);
        if (RetentionRule.TryParse(value, out var rule))
            return rule;
        Fault(name, $"is '{value}'", $"say how many of each to keep, like {fallback}");
        return RetentionRule.None;
    }

    public bool Flag(string name, bool fallback) =>
        Choice(name, fallback ? "true" : "false", ("true", true), ("false", false));

    public T Choice<T>(string name, string fallback, params (string Text, T Value)[] choices)
    {
        var value = Read(name, fallback);
        foreach (var choice in choices)
        {
            if (string.Equals(choice.Text, value, StringComparison.OrdinalIgnoreCase))
                return choice.Value;
        }

        Fault(name, $"is '{value}'", $"use one of {string.Join(", ", choices.Select(choice => choice.Text))}");
        return choices[0].Value;
    }

    public Currency Currency(string name, string fallback)
    {
        var value = Read(name, fallback);
        if (Expenses.Currency.TryGet(value, out var currency))
            return currency;
        Fault(name, $"is '{value}'", "use a code of ISO 4217, like EUR, USD or JPY");
        return Expenses.Currency.Of(fallback);
    }

    public string Url(string name, string fallback) => CheckUrl(name, Read(name, fallback), fallback);

    /// <summary>Null when it is not set; otherwise http or https, without a path, at an address and not a name: with one, all addresses would be listened to.</summary>
    public Uri? OptionalListen(string name, string example)
    {
        var value = Read(name, "");
        if (value.Length == 0)
            return null;
        var address = new Uri(CheckUrl(name, value, example));
        if (address.HostNameType is UriHostNameType.Dns && address.Host != "localhost")
            Fault(name, $"is '{value}'", $"use the address of this machine that it is for, not a name, like {example}");
        return address;
    }

    public Secret Secret(string name, string fallback) => ReadSecret(name, fallback, _ => null, MakeOne) ?? new Secret(fallback);

    /// <summary>Null when neither NAME nor NAME_FILE is set, or when what is set cannot be used.</summary>
    /// <param name="minLength">How many characters it has at least.</param>
    public Secret? OptionalSecret(string name, int minLength = 0) => OptionalSecret(
        name, text => text.Length < minLength ? $"is shorter than {minLength} characters" : null, MakeOne);

    /// <summary>As the other, for a secret that has another rule.</summary>
    /// <param name="fault">What is wrong with a value; null when nothing is.</param>
    /// <param name="cure">What to do about it.</param>
    public Secret? OptionalSecret(string name, Func<string, string?> fault, string cure) => ReadSecret(name, "", fault, cure);

    private Secret? ReadSecret(string name, string fallback, Func<string, string?> fault, string cure)
    {
        var file = environment($"{name}_FILE");
        if (string.IsNullOrEmpty(file))
        {
            var value = Read(name, fallback, secret: true);
            return value.Length == 0 ? null : Checked(new Secret(value));
        }

        if (IsSet(name))
        {
            Fault(name, $"and {name}_FILE are both set", "set only one of them");
            return null;
        }

        if (FileSecret(name, $"{name}_FILE", file, fault) is not { } secret)
            return null;
        Report.Add(new SettingReport(name, "********", file));
        return Checked(secret);

        Secret? Checked(Secret secret)
        {
            if (fault(secret.Read()) is not { } problem)
                return secret;
            Fault(name, problem, cure);
            return null;
        }
    }

    /// <summary>The content of a file that is itself the secret. Null when the file cannot be read.</summary>
    /// <param name="name">What it is called when it changes.</param>
    /// <param name="setting">The setting that names the file.</param>
    /// <param name="fault">What is wrong with another content, later; null when nothing is.</param>
    public Secret? FileSecret(string name, string setting, string file, Func<string, string?> fault)
    {
        try
        {
            var secret = Outlay.Secret.OfFile(name, file, fault);
            _secrets.Add(secret);
            return secret;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault(setting, $"names '{file}', which cannot be read", "check the path and its permissions");
            return null;
        }
    }

    /// <summary>Null when it is not set; otherwise http or https.</summary>
    /// <param name="withPath">Whether a path may follow.</param>
    public Uri? OptionalUrl(string name, string example, bool withPath = false)
    {
        var value = Read(name, "");
        if (value.Length == 0)
            return null;
        if (Uri.TryCreate(value, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", Query: "", UserInfo: "", Fragment: "" }
            && (withPath || url.AbsolutePath == "/"))
            return url;
        Fault(name, $"is '{value}'", $"use an address like {example}");
        return null;
    }

    public void Fault(string name, string problem, string cure) => _faults.Add($"{name} {problem}: {cure}.");

    /// <summary>Adds what was found wrong when the settings were looked at together with the machine.</summary>
    public void Add(IEnumerable<string> faults) => _faults.AddRange(faults);

    /// <summary>Throws <see cref="ErrorCode.BadConfiguration"/> with every fault and its cure, or does nothing.</summary>
    public void ThrowIfFaulty()
    {
        if (_faults.Count > 0)
            throw new AppException(ErrorCode.BadConfiguration, string.Join(Environment.NewLine, _faults));
    }

    private string CheckUrl(string name, string value, string fallback)
    {
        // The default is right as it is: taking an address apart for the first time takes a tenth of the time of a verb.
        if (value == fallback || (Uri.TryCreate(value, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "" }))
            return value;
        Fault(name, $"is '{value}'", $"use an address like {fallback}");
        return fallback;
    }

    private string Read(string name, string fallback, bool secret = false, string origin = "environment")
    {
        var value = environment(name);
        var isSet = !string.IsNullOrEmpty(value);
        var used = isSet ? value! : fallback;
        Report.Add(new SettingReport(name, secret && used.Length > 0 ? "********" : used, isSet ? origin : "default"));
        return used;
    }
}
