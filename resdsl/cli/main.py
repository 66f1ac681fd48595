"""The command `resdsl`: runs a subcommand, and turns errors into messages and exit codes.

Exit codes: 0 for success, 1 for problems in a spec or its weights, 2 for wrong usage, 3 for a bug in resdsl; those for
signals are in `resdsl.interrupts`.
Subcommands are imported on demand, so that `--help` loads only click.
"""

from __future__ import annotations

import gc
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from resdsl.cli.exits import FAULT, INTERRUPTED
from resdsl.cli.streams import leave_streams, ready_streams
from resdsl.version import __version__

_COMMANDS = {
    # name     (module, what --help says)
    "build": ("build", "Compile a spec to ONNX, PyTorch source, safetensors or JSON."),
    "check": ("check", "Check specs and the figures stated in them."),
    "new": ("new", "Write a spec to start from."),
    "fmt": ("fmt", "Put specs into canonical form."),
    "show": ("show", "Show what a network or a part of it expands to, and where settings came from."),
    "diff": ("diff", "Compare two networks, stage by stage and block by block."),
    "report": ("report", "Report the costs of networks, also as other tools count them."),
    "render": ("render", "Draw networks layer by layer or stage by stage."),
    "watch": ("watch", "Show a spec on a page that follows each save."),
    "sweep": ("sweep", "Compare a family of networks as a table or chart, or build all of them."),
    "list": ("listing", "List the shipped networks."),
    "identify": ("identify", "Find the shipped network that has the tensors of a weight file."),
    "ops": ("ops", "List the ops, or explain some of them."),
    "blocks": ("blocks", "List the blocks and shortcuts of the standard library."),
    "explain": ("explain", "Explain problems by their codes, with examples."),
    "train": ("train", "Train a network by a recipe."),
    "weights": ("weights", "List the tensors of a weight file, and compare them with a network."),
    "test": ("test", "Test a network with weights, by the views and scales of a recipe."),
    "bench": ("bench", "Time a network on this machine, in PyTorch and onnxruntime."),
    "results": ("results", "Show what runs have found, as the tables and figures of papers."),
    "lift": ("lift", "Write the text of a model that somebody already has."),
    "recipe": ("recipe", "Print recipes of training, or how two of them differ."),
    "lsp": ("lsp", "Answer an editor while a spec is typed."),
    "schema": ("schema", "Print the JSON schema of networks, reports or recipes."),
    "completion": ("completion", "Print a script that makes bash, zsh or fish complete commands."),
}


class _Commands(click.Group):
    """Subcommands by name, imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"resdsl.cli.{_COMMANDS[cmd_name][0]}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from resdsl.diagnostics.suggest import did_you_mean

            hint = did_you_mean(args[0], _COMMANDS)
            raise click.UsageError(f"unknown command '{args[0]}'" + (f"; {hint}" if hint else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="resdsl")
def cli() -> None:
    """Compile residual networks from text.

    A SPEC is a path, `-` for the standard input, or the name of a shipped network.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command and exit."""
    # A command runs for about a second: garbage collection, including that at
    # exit, would take a tenth of it and find nothing.
    gc.disable()
    # resdsl needs no pydantic plug-ins, and searching for them takes longer than most specs take to compile.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    ready_streams()
    code = _complete() if args is None and "_RESDSL_COMPLETE" in os.environ else _run(args)
    leave_streams()
    gc.freeze()
    sys.exit(code)


def _complete() -> int:
    """Answer a shell that asks how a command line goes on."""
    from resdsl.cli.completing.shells import VARIABLE, answer

    summaries = {name: text for name, (_, text) in _COMMANDS.items()}
    click.echo(answer(os.environ[VARIABLE], cli, summaries))
    return 0


def _run(args: Sequence[str] | None) -> int:
    try:
        result = cli.main(list(args) if args is not None else None, prog_name="resdsl", standalone_mode=False)
    except click.ClickException as error:
        _say(_visible(error))
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        if isinstance(stop.__cause__, EOFError):
            return _report(stop.__cause__)  # click takes it for Ctrl-D at a prompt, but there are no prompts
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader of our output is gone
    except Exception as error:  # noqa: BLE001 - the last resort: reported as a bug, never as a traceback
        return _report(error)
    return result if isinstance(result, int) else 0


def _report(error: Exception) -> int:
    """Print an error on the error stream and return the exit code."""
    from resdsl.cli.faults import describe

    text, code = describe(error)
    _say(text)
    if code == FAULT and os.environ.get("RESDSL_TRACEBACK"):
        raise error
    return code


def _visible(error: click.ClickException) -> str:
    """The message of click, which may quote the command line."""
    text = io.StringIO()
    error.show(text)
    return text.getvalue().rstrip("\n") + _hint(error)


def _hint(error: click.ClickException) -> str:
    """What was meant by a value that is none of those that an option takes."""
    found = re.match(r"'(?P<value>[^']*)' is not one of (?P<choices>'.*')\.?$", error.message)
    if found is None:
        return ""
    from resdsl.cli.choices import choice_instead

    hint = choice_instead(found["value"], re.findall("'([^']*)'", found["choices"]))
    return f" {hint}" if hint else ""


def _say(text: str) -> None:
    from resdsl.cli.messages import say

    say(text, err=True)
