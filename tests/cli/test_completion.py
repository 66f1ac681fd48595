"""Completion: what is offered where, in the form of each shell, and never a fault."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from resdsl.catalogue import networks_of
from resdsl.cli.completing.choices import CHOICES
from resdsl.cli.completing.shells import SHELLS, answer
from resdsl.cli.completing.specs import shipped_names
from resdsl.cli.main import cli
from resdsl.resources import shipped_specs, shipped_studies, zoo_specs
from tests.cli.running import Command

Offered = Callable[[str], list[str]]
SPEC = """\
network first(width = 8, wide = false, depths = [2, 2], block = basic, shortcut = B) { input 3x8x8; fc width }
network second(n = 3) = first(width = n)
network third = second(n = 4)
block own(width) { conv 3x3, width }
shortcut mine { conv 1x1, out }
sweep widths { network first; over width = [8, 16] }
"""
SUMMARIES = {"check": "Check specs.", "completion": "Complete."}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Offered:
    """What bash is offered at the end of a line."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.res").write_text(SPEC, encoding="utf-8")
    (tmp_path / "broken.res").write_text("network a(n = 1) { conv 3x3, }}\nnetwork b {", encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.res").write_text(SPEC, encoding="utf-8")
    (tmp_path / "mymodels").mkdir()

    def words(line: str) -> list[str]:
        monkeypatch.setenv("COMP_LINE", line)
        return answer("bash_complete", cli, SUMMARIES).splitlines()

    return words


def plain(*words: str) -> list[str]:
    return [f"plain,{word}" for word in words]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("resdsl ", ("check", "completion")),
        ("resdsl chec", ("check",)),
        ("resdsl check --form", ("--format",)),
        ("resdsl check --format j", ("json",)),
        ("resdsl check --format=j", ("json",)),
        ("resdsl check resnet1d1", ("resnet1d18",)),
        ("resdsl check my", ("my.res", "mymodels/")),
        ("resdsl check models/", ("models/one.res",)),
        ("resdsl check my.res --network ", ("first", "second", "third")),
        ("resdsl check broken.res --network ", ("a", "b")),
        ("resdsl check broken.res --set n", ("norm=",)),
        ("resdsl check my.res --set w", ("width=", "wide=")),
        ("resdsl check --network second my.res --set w", ("wide=",)),
        ("resdsl check --network second my.res --set n", ("n=", "norm=")),
        ("resdsl check --network third my.res --set n", ("norm=",)),
        ("resdsl check my.res --set width=8 --set de", ("depths=",)),
        ("resdsl check my.res --set=de", ("depths=",)),
        ("resdsl check my.res --set=width=", ("8",)),
        ("resdsl check my.res --set wide=", ("true", "false")),
        ("resdsl check my.res --set depths=", ("[2,2]",)),
        ("resdsl check my.res --set block=o", ("own",)),
        ("resdsl check my.res --set shortcut=m", ("mine",)),
        ("resdsl check my.res --set norm=group", ("group_norm",)),
        ("resdsl check my.res --set act=rel", ("relu", "relu6")),
        ("resdsl diff resnet18 my.res --set-b wi", ("width=", "wide=")),
        ("resdsl diff my.res resnet18 --set-a wi", ("width=", "wide=")),
        ("resdsl diff my.res resnet18 --network-a se", ("second",)),
        ("resdsl sweep my.res ", ("widths",)),
        ("resdsl sweep my.res widths --set wi", ("width=", "wide=")),
        ("resdsl sweep my.res --over wi", ("width=", "wide=")),
        ("resdsl show resnet18 layer", ("layer1", "layer2", "layer3", "layer4")),
        ("resdsl show my.res ", ("own", "mine")),
        ("resdsl build resnet18 --rename kuang", ("kuangliu",)),
        ("resdsl build resnet18 --to sa", ("safetensors",)),
        ("resdsl report resnet18 --columns name,params_s", ("name,params_share",)),
        ("resdsl report resnet18 --device rtx", ("rtx4090",)),
        ("resdsl render resnet18 --style mo", ("mono", "models/")),
        ("resdsl train resnet18 --recipe he2015-c", ("he2015-cifar10",)),
        ("resdsl explain RES31", tuple(f"RES31{digit}" for digit in range(10))),
        ("resdsl ops leaky", ("leaky_relu",)),
        ("resdsl blocks bottle", ("bottleneck",)),
    ],
)
def test_what_is_offered(offered: Offered, line: str, words: tuple[str, ...]) -> None:
    assert offered(line) == plain(*words)


def test_files_are_left_to_the_shell(offered: Offered) -> None:
    assert offered("resdsl build my.res -o out") == ["file,out"]
    assert offered("resdsl check mod") == ["file,mod"]
    assert offered("resdsl check ~/mo") == ["file,~/mo"]
    assert offered("resdsl train my.res --data im") == ["dir,im"]


@pytest.mark.parametrize(
    "line",
    [
        "resdsl check nosuch --set ",
        "resdsl check broken.res --set width=",
        "resdsl check no/such/folder/a --network ",
        "resdsl check --nosuch x --set n=",
        "resdsl check 'my.res --set ",
        "resdsl new ",
        "",
    ],
)
def test_a_wrong_line_is_offered_little_and_no_fault(offered: Offered, line: str) -> None:
    assert all("Traceback" not in word and "rror" not in word for word in offered(line))


def test_all_shipped_names_are_offered() -> None:
    paths = (*shipped_specs(), *zoo_specs())
    networks = {name for path in paths for name in networks_of(path)}
    assert set(shipped_names()) == {*networks, *(path.stem for path in (*paths, *shipped_studies()))}


def test_choices_are_for_parameters_that_exist() -> None:
    context = click.Context(cli)
    commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    known = {f"{name} {each.name}" for name, command in commands.items() if command for each in command.params}
    assert [key for key in CHOICES if key not in known and not any(each.endswith(f" {key}") for each in known)] == []


def test_words_of_zsh_and_fish_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "resdsl check cifar --set=shortcut=ba")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert answer("zsh_complete", cli, {}) == "plain\n--set=shortcut=bare\n_"
    monkeypatch.setenv("COMP_CWORD", "--set=shortcut=ba")
    assert answer("fish_complete", cli, {}) == "plain,--set=shortcut=bare"


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_are_printed(resdsl: Command, shell: str) -> None:
    done = resdsl("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("#")
    assert f"{shell}_complete" in done.out


def test_another_shell_is_refused(resdsl: Command) -> None:
    done = resdsl("completion", "tcsh")
    assert done.code == 2
    assert "'bash', 'zsh', 'fish'" in done.err


def test_the_command_answers_and_loads_no_command(tmp_path: Path) -> None:
    asked = {**os.environ, "_RESDSL_COMPLETE": "bash_complete", "COMP_LINE": "resdsl chec"}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "resdsl"], cwd=tmp_path, env=asked, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "plain,check\n")
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert {"click", "resdsl.cli.completing.shells"} <= loaded
    assert loaded & {"resdsl.cli.check", "resdsl.compiler", "lark", "numpy", "pydantic", "torch"} == set()


@pytest.mark.parametrize("name", ["$(id).res", "a;b.res", "my net.res", "n=[2,2]", "./a-b_1.res"])
def test_bash_gets_words_that_mean_themselves(name: str) -> None:
    script = f"""{SHELLS["bash"].source_template}
ask() {{ printf 'plain,%s\\n' "$NAME"; }}
compopt() {{ :; }}
COMP_LINE='resdsl check ' COMP_POINT=13
_resdsl ask
eval "printf %s ${{COMPREPLY[0]}}"
"""
    ended = subprocess.run(["bash", "-c", script], env={"NAME": name}, capture_output=True, text=True, check=True)
    assert ended.stdout == name
