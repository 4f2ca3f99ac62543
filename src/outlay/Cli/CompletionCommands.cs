using System.CommandLine;

namespace Outlay.Cli;

/// <summary>The verb that teaches a shell to complete command lines. The shell asks the program itself: the [suggest] directive answers.</summary>
internal static class CompletionCommands
{
    private const string Bash =
        """
        # Completion of outlay for bash: eval "$(outlay completion bash)"
        _outlay() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _outlay outlay
        """;

    private const string Zsh =
        """
        # Completion of outlay for zsh: eval "$(outlay completion zsh)", after compinit
        _outlay() {
            local line="${(j: :)words[1,CURRENT-1]} ${PREFIX}"
            local -a suggestions
            suggestions=("${(@f)$("${words[1]}" "[suggest:${#line}]" "${line}" 2>/dev/null)}")
            compadd -- "${suggestions[@]}" || _files
        }
        compdef _outlay outlay
        """;

    private const string Fish =
        """
        # Completion of outlay for fish: outlay completion fish | source
        function __outlay_complete
            set -l line (commandline -cp)
            set -l suggestions (outlay "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            if test -n "$suggestions"
                printf '%s\n' $suggestions
            else
                __fish_complete_path (commandline -ct)
            end
        end
        complete -c outlay -f -a '(__outlay_complete)'
        """;

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("completion", "Writes a script that makes bash, zsh or fish complete the verbs and options of outlay.", verb => Define(verb, cli),
            "eval \"$(outlay completion bash)\"",
            "outlay completion bash > ~/.local/share/bash-completion/completions/outlay",
            "outlay completion fish > ~/.config/fish/completions/outlay.fish"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell: bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        verb.Add(shell);
        verb.SetAction(parsed => cli.Out.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
    }
}
