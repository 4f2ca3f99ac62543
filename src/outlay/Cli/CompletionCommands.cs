using System.CommandLine;

namespace Outlay.Cli;

/// <summary>The verb that teaches a shell to complete command lines. The shell asks the program itself: the [suggest] directive answers.</summary>
internal static class CompletionCommands
{
    private const string Bash =
        """
        # Completion of outlay for bash: eval "$(outlay completion bash)"
        _outlay() {
            local suggestion
            COMPREPLY=()
            # Names of files are only ever quoted: compgen -W would run what stands in them.
            while IFS= read -r suggestion; do
                if [[ $suggestion == "${COMP_WORDS[COMP_CWORD]}"* ]]; then COMPREPLY+=("$(printf '%q' "$suggestion")"); fi
            done < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            # In a folder it goes on.
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then compopt -o nospace 2>/dev/null; fi
            return 0
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
            compadd -S '' -- ${(M)suggestions:#*/}
            compadd -- ${suggestions:#*/} || [[ $compstate[nmatches] -gt 0 ]] || _files
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

    private static readonly Dictionary<string, string> s_scripts = new() { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    public static IEnumerable<Verb> All(CliContext cli) =>
    [
        new("completion", "Writes a script that makes bash, zsh or fish complete the verbs and options of outlay.", verb => Define(verb, cli),
            "eval \"$(outlay completion bash)\"",
            "outlay completion bash > ~/.local/share/bash-completion/completions/outlay",
            "outlay completion fish > ~/.config/fish/completions/outlay.fish"),
    ];

    private static void Define(Verb verb, CliContext cli)
    {
        var shell = new Argument<string>("SHELL")
        {
            Description = "The shell: bash, zsh or fish.",
            CustomParser = result =>
            {
                var name = result.Tokens[0].Value;
                if (s_scripts.TryGetValue(name, out var script))
                    return script;
                result.AddError($"'{name}' is no shell that is known here: use bash, zsh or fish.");
                return "";
            },
        };
        shell.CompletionSources.Add([.. s_scripts.Keys]);
        verb.Add(shell);
        verb.SetAction(parsed => cli.Out.WriteLine(parsed.GetValue(shell)));
    }
}
