"""The scripts for shells, and the answers that they ask for.

The scripts are our own. With those of click, bash takes the `=` of `--set n=9` for a word, zsh puts a blank behind it,
and fish ends a word at its first comma.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from resdsl.cli.completing.choices import Choices, Item, choices_of

VARIABLE = "_RESDSL_COMPLETE"
"""The variable of the environment in which a script asks, as in click: `bash_complete`."""

_BASH = """\
# Completion of resdsl in bash.
_resdsl() {
    local kind value
    COMPREPLY=()
    [[ $COMP_WORDBREAKS == *=* ]] || COMP_WORDBREAKS+='='   # or bash would replace the NAME= of NAME=VALUE too
    while IFS=, read -r kind value; do
        case $kind in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plain)
                [[ $value == *[^]A-Za-z0-9_.,=/:@%+~[-]* ]] && value=$(printf %q "$value")
                COMPREPLY+=("$value")
                [[ $value == *[=/] ]] && compopt -o nospace
                ;;
        esac
    done < <(COMP_LINE=${COMP_LINE:0:COMP_POINT} _RESDSL_COMPLETE=bash_complete "$1")
}
complete -o nosort -F _resdsl resdsl
"""
_ZSH = """\
#compdef resdsl
# Completion of resdsl in zsh.
_resdsl() {
    local kind value help
    local -a answers open whole described
    answers=("${(@f)$(COMP_WORDS="${words[1,CURRENT]}" COMP_CWORD=$((CURRENT - 1)) \\
        _RESDSL_COMPLETE=zsh_complete $words[1])}")
    for kind value help in $answers; do
        case $kind in
            file) _files ;;
            dir) _files -/ ;;
            plain)
                if [[ $help != _ ]]; then
                    described+=("$value:$help")
                elif [[ $value == *[=/] ]]; then
                    open+=("$value")
                else
                    whole+=("$value")
                fi
                ;;
        esac
    done
    (( $#described )) && _describe -V resdsl described -U
    (( $#whole )) && compadd -U -V resdsl -a whole
    (( $#open )) && compadd -U -V resdsl -S '' -a open
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _resdsl "$@"
else
    compdef _resdsl resdsl
fi
"""
_FISH = """\
# Completion of resdsl in fish.
function _resdsl
    set -l answers (env _RESDSL_COMPLETE=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) resdsl)
    for answer in $answers
        set -l parts (string split -m 1 , -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --command resdsl --arguments '(_resdsl)'
"""


def _option_in(word: str) -> str:
    """The option that a value is written behind in the same word: `--set=` of `--set=n=9`."""
    return word[: word.index("=") + 1] if word.startswith("-") and "=" in word else ""


class _OfWholeWords(ShellComplete):
    """A shell that replaces a word as a whole, `--set=` included."""

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        option = _option_in(incomplete)
        found = super().get_completions(args, incomplete)
        return [CompletionItem(option + each.value, each.type, each.help) for each in found]


class _Bash(BashComplete):
    """Bash cuts words at `=`: the line is read as it was typed, and the answer is what stands behind the last `=`."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)[1:]
        return (words, "") if line[-1:].isspace() or not words else (words[:-1], words[-1])

    def get_completions(self, args: list[str], incomplete: str) -> list[Item]:
        value = incomplete.removeprefix(_option_in(incomplete))
        kept = value.rfind("=") + 1
        found = super().get_completions(args, incomplete)
        return [CompletionItem(each.value[kept:], each.type, each.help) for each in found]


class _Zsh(_OfWholeWords, ZshComplete):
    source_template = _ZSH


class _Fish(_OfWholeWords, FishComplete):
    source_template = _FISH


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def script(shell: str) -> str:
    """The script that makes a shell complete the words of `resdsl`."""
    return SHELLS[shell].source_template


def answer(instruction: str, commands: click.Group, summaries: Mapping[str, str]) -> str:
    """What a script asks for.

    Args:
        instruction: the shell, and what it wants: `bash_complete`.
        commands: the command with all its subcommands.
        summaries: what each of these does.

    Returns:
        The choices in the form of the shell; nothing where none are known or the line is wrong as far as it goes.
    """
    shell = SHELLS.get(instruction.partition("_")[0])
    if shell is None:
        return ""
    if instruction.endswith("_source"):
        return script(shell.name)
    try:
        return shell(_Completed(commands, summaries), {}, "resdsl", VARIABLE).complete()
    except Exception:  # noqa: BLE001 - nobody who presses the tabulator wants to read of a fault
        return ""


class _Completed(click.Group):
    """The commands, with what can stand at each of their parameters. A command is imported only if its words are asked
    for.
    """

    def __init__(self, commands: click.Group, summaries: Mapping[str, str]) -> None:
        super().__init__(params=commands.params, context_settings=commands.context_settings)
        self._commands = commands
        self._summaries = summaries

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self._commands.get_command(ctx, cmd_name)
        for parameter in command.params if command else ():
            choices = choices_of(cmd_name, parameter.name or "")
            if choices is not None:
                parameter.type = _WithChoices(parameter.type, choices)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Item]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        found = ((name, text) for name, text in self._summaries.items() if name.startswith(incomplete))
        return [CompletionItem(name, help=text) for name, text in found]


class _WithChoices(click.ParamType[Any]):
    """A type of values with what can be offered for one."""

    def __init__(self, inner: click.ParamType[Any], choices: Choices) -> None:
        self.name = inner.name
        self._inner = inner
        self._choices = choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self._inner.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Item]:
        return list(self._choices(ctx, incomplete))
