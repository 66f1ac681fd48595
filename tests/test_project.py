"""Rules about the project as a whole: its modules, its start-up, its README."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "resdsl").rglob("*.py"))
SOURCES = [*MODULES, *sorted(path for name in ("tests", "examples") for path in (ROOT / name).rglob("*.py"))]
LONGEST_MODULE = 400
BARE = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!: ?[A-Z])", re.IGNORECASE)

HEAVY = ("lark", "pydantic", "numpy", "onnx", "onnxruntime", "safetensors", "torch", "graphviz", "rich")
ARRAYS = ("numpy", "onnx", "onnxruntime", "safetensors", "torch")

AFTERWARDS = """
import atexit, sys
atexit.register(lambda: print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules})))
"""
COMMAND = AFTERWARDS + "from resdsl.cli.main import main\nmain(sys.argv[1:])"


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_modules_say_what_they_are() -> None:
    silent = [short(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_modules_are_short() -> None:
    lengths = {short(path): path.read_bytes().count(b"\n") for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_what_is_ignored_is_named() -> None:
    lines = [
        f"{short(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if BARE.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize("mark", ["# type: " + "ignore", "#no" + "qa", "# type:" + "ignore # x", "# no" + "qa:"])
def test_a_bare_ignore_is_seen(mark: str) -> None:
    assert BARE.search(f"x = 1  {mark}")


@pytest.mark.parametrize("mark", ["# type: " + "ignore[arg-type]", "# no" + "qa: E501"])
def test_a_named_ignore_is_no_bare_one(mark: str) -> None:
    assert not BARE.search(f"x = 1  {mark}")


def test_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_constraints_pin_every_requirement_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    requirements = (*project["dependencies"], *extras["test"], *extras["torch"], *extras["onnx"], *extras["examples"])
    assert {bare_name(text) for text in requirements} - {"resdsl"} <= {bare_name(line) for line in pins}


def test_version_is_a_release_number() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", output("from resdsl.version import __version__; print(__version__)").strip())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded(AFTERWARDS + "import resdsl") & {*HEAVY, "click"}


def test_help_loads_nothing_heavy() -> None:
    assert not loaded(COMMAND, "--help") & set(HEAVY)


def test_check_loads_no_arrays() -> None:
    assert not loaded(COMMAND, "check", "specs/resnet34.res") & set(ARRAYS)


def bare_name(requirement: str) -> str:
    """The distribution's name in the spelling in which names are compared."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def loaded(program: str, *arguments: str) -> set[str]:
    """Top-level modules in memory when the program ends."""
    *_, last = output(program, *arguments).splitlines()
    assert last.startswith("loaded: ")
    names = set(last.split()[1:])
    assert "resdsl" in names
    return names


def output(program: str, *arguments: str) -> str:
    """What the program prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_network_in_json_is_built_without_the_language(tmp_path: Path) -> None:
    import resdsl

    (tmp_path / "net.json").write_text(resdsl.load("resnet20").to_json(), encoding="utf-8")
    program = "import sys, resdsl; resdsl.load(sys.argv[1]).to_onnx(sys.argv[2]); print(*sys.modules)"
    arguments = [sys.executable, "-c", program, str(tmp_path / "net.json"), str(tmp_path / "net.onnx")]
    loaded = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split()
    assert not {name for name in loaded if name.partition(".")[0] in ("lark", "torch", "onnx")}
    assert not {name for name in loaded if name.startswith(("resdsl.syntax", "resdsl.elaborate"))}
