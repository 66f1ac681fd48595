"""The wheel is complete: installed in an environment of its own, far from the clone, it works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(root), cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel in it, and an empty folder to work in."""

    folder: Path
    work: Path

    @property
    def programs(self) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    def run(self, program: str, *arguments: str) -> str:
        return run(str(self.programs / program), *arguments, cwd=self.work)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The dependencies are those of the environment that runs the tests, so that no network is needed.

    They are put behind the new environment's own packages by a .pth file; the .pth files among them,
    that of an editable resdsl for one, are not read in turn.
    """
    made = Environment(tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("work"))
    venv.create(made.folder, with_pip=False)
    where = made.run("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(made.folder)]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=made.work)
    (Path(where.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return made


def test_wheel_holds_the_package_the_grammar_and_the_specs(wheel: Path, root: Path) -> None:
    names = contents(wheel)
    code = {path.relative_to(root).as_posix() for path in (root / "resdsl").rglob("*.py")}
    carried = [
        *(root / "grammar").rglob("*.lark"),
        *(root / "recipes").glob("*.toml"),
        *(root / "specs").rglob("*.res"),
    ]
    data = {f"resdsl/{path.relative_to(root).as_posix()}" for path in carried}
    assert {"resdsl/grammar/resdsl.lark", "resdsl/specs/resnet34.res"} <= data
    page = {path.relative_to(root).as_posix() for path in (root / "resdsl" / "live" / "page").iterdir()}
    assert {*code, *data, *page, "resdsl/py.typed", "resdsl/syntax/tables.bin"} - names == set()


def test_wheel_holds_nothing_beside_the_package(wheel: Path) -> None:
    assert {name.partition("/")[0] for name in contents(wheel)} == {"resdsl"}


def test_package_comes_from_the_wheel(environment: Environment) -> None:
    where = environment.run("python", "-c", "import resdsl; print(resdsl.__file__)").strip()
    assert Path(where).is_relative_to(environment.folder)


def test_command_lists_the_shipped_recipes(environment: Environment) -> None:
    assert "he2015-cifar10" in environment.run("resdsl", "recipe")


def test_command_lists_the_shipped_specs(environment: Environment) -> None:
    assert "resnet34" in environment.run("resdsl", "list")


def test_command_builds_a_shipped_spec(environment: Environment) -> None:
    environment.run("resdsl", "build", "resnet34", "--to", "onnx", "-o", "resnet34.onnx")
    assert (environment.work / "resnet34.onnx").stat().st_size > 0


def test_pygments_finds_the_lexer(environment: Environment) -> None:
    (environment.work / "tiny.res").write_text("network tiny { input 3; fc 10 }\n", encoding="utf-8")
    by_name = environment.run("python", "-m", "pygments", "-l", "resdsl", "-f", "raw", "tiny.res")
    assert by_name.startswith("Token.Keyword.Declaration\t'network'\n")
    assert environment.run("python", "-m", "pygments", "-f", "raw", "tiny.res") == by_name


def contents(wheel: Path) -> set[str]:
    """Names of the files in the wheel, those about the distribution itself left out."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def run(*command: str, cwd: Path) -> str:
    """What the command prints; it must succeed, and sees no folder that PYTHONPATH may name."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
