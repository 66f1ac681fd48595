"""Which part of the compiler may import which, as a table and a test over the import statements.

Data flows one way, and so do imports: what stands further down the pipeline is not known further up.
Imports within functions and under TYPE_CHECKING count too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "resdsl"

FRONT = ("source", "refusal", "printable", "diagnostics", "resources")
MODEL = ("records", "ops", "ir")
FACTS = (*MODEL, "refusal", "printable", "source", "diagnostics", "program", "analysis", "equality")
WRITING = ("interrupts", "files", "locking", "overwriting")
MAKING = ("syntax", "elaborate", "weights", "backends", "draw", "report", "sweeps", "version")
STAGES = (*FRONT, *FACTS, "interrupts", "files", "locking", *MAKING)
WHOLE = ("overwriting", "checkpoints", "compiler", "catalogue", "settings", "net", "api")
EVERYTHING = (*STAGES, "settings_file", "recipes", "plugins", "target", "targets", *WHOLE)
FURTHER = (
    "printer",
    "explanations",
    "sweep_lines",
    "sweeping",
    "data",
    "testing",
    "training",
    "experiments",
    "identifying",
    "checking",
    "expansion",
    "server",
    "live",
    "lifting",
    "quantization",
    "latency",
)
"""What only the Python interface and the command line use."""

PARTS: dict[str, tuple[str, ...]] = {
    # part           the parts of resdsl that it may import, beside itself
    "version": (),
    "resources": (),
    "printable": (),
    "tex": (),
    "source": ("printable",),
    "refusal": (),
    "interrupts": (),
    "files": ("interrupts",),
    "locking": ("refusal",),
    "overwriting": ("refusal",),
    "diagnostics": ("source", "refusal", "printable"),
    "syntax": FRONT,
    "printer": ("source", "resources", "syntax"),
    "highlighting": ("elaborate", "ops", "printer"),
    "records": (),
    "settings_file": ("source", "diagnostics"),
    "recipes": ("source", "diagnostics", "refusal", "resources", "settings_file"),
    "plugins": ("refusal",),
    "ops": ("records", "refusal", "plugins"),
    "ir": ("ops", "refusal", "records", "printable"),
    "elaborate": (*FRONT, *MODEL, "syntax"),
    "explanations": ("diagnostics", "elaborate", "syntax", "analysis"),
    "program": MODEL,
    "equality": MODEL,
    "analysis": (*MODEL, "refusal", "printable", "source", "diagnostics", "program"),
    "weights": (*MODEL, "refusal", "printable", "source", "diagnostics", "files"),
    "backends": (*FACTS, "weights", "files", "version"),
    "draw": (*FACTS, "report", "tex", "version", "interrupts", "settings_file"),
    "report": (*FACTS, "tex", "version"),
    "lifting": (*FACTS, "resources", "backends", "printer", "syntax", "compiler", "files", "weights", "net", "api"),
    "target": (*MODEL, "refusal", "files", "weights"),
    "targets": (*MODEL, "target", "refusal", "diagnostics", "plugins", "files", "weights", "backends", "draw"),
    "sweeps": (
        *FRONT,
        *FACTS,
        *WRITING,
        "syntax",
        "elaborate",
        "weights",
        "backends",
        "draw",
        "report",
        "plugins",
        "target",
        "targets",
        "version",
    ),
    "data": ("refusal", "diagnostics", "plugins", "recipes"),
    "testing": ("data", "recipes", "refusal", "interrupts", "ops", "ir", "weights", "backends", "net", "api"),
    "quantization": (
        "data",
        "recipes",
        "testing",
        "refusal",
        "interrupts",
        "files",
        "overwriting",
        "target",
        "backends",
        "net",
        "api",
    ),
    "latency": (
        "interrupts",
        "refusal",
        "diagnostics",
        "ir",
        "weights",
        "checkpoints",
        "backends",
        "report",
        "sweeps",
        "net",
        "api",
    ),
    "training": (
        "data",
        "recipes",
        "testing",
        "refusal",
        "interrupts",
        "files",
        "locking",
        "ops",
        "ir",
        "weights",
        "sweeps",
        "net",
        "api",
    ),
    "experiments": (
        *WRITING,
        "refusal",
        "printable",
        "source",
        "version",
        "ir",
        "recipes",
        "data",
        "training",
        "sweeps",
        "net",
        "api",
        "report",
        "draw",
        "diagnostics",
    ),
    "compiler": STAGES,
    "checkpoints": ("ir", "weights", "backends", "target", "identifying"),
    "catalogue": (*FRONT, "elaborate", "syntax"),
    "settings": (*FRONT, "elaborate", "syntax"),
    "net": tuple(part for part in EVERYTHING if part not in {"net", "api"}),
    "api": EVERYTHING,
    "identifying": (
        *MODEL,
        "refusal",
        "source",
        "diagnostics",
        "resources",
        "syntax",
        "weights",
        "compiler",
        "catalogue",
        "settings",
    ),
    "sweep_lines": ("settings", "sweeps", "syntax"),
    "sweeping": (*EVERYTHING, "sweep_lines", "data", "training", "experiments", "latency"),
    "__init__": (*EVERYTHING, *FURTHER),
    "checking": (*FRONT, "elaborate", "compiler"),
    "expansion": (*FRONT, *FACTS, "syntax", "elaborate", "compiler", "report"),
    "server": (
        *FRONT,
        *FACTS,
        "syntax",
        "elaborate",
        "sweeps",
        "compiler",
        "printer",
        "explanations",
        "version",
    ),
    "live": (*EVERYTHING, "highlighting"),
    "cli": (*EVERYTHING, *FURTHER, "__init__"),
    "__main__": ("cli", "interrupts"),
}

LIBRARIES: dict[str, tuple[str, ...]] = {
    # library        the places in resdsl that may import it
    "lark": ("syntax.tables",),
    "pydantic": ("ir.schema", "draw.theme_file", "settings_file", "recipes"),
    "numpy": ("weights", "backends", "data", "testing", "training", "lifting", "quantization", "latency"),
    "onnx": ("backends.onnx.check", "backends.onnx.quantizing"),
    "onnxruntime": (
        "backends.onnx.check",
        "backends.onnx.quantizing",
        "testing.in_onnx",
        "latency.in_onnx",
        "lifting.running",
    ),
    "safetensors": ("weights", "training.measuring", "identifying.outline"),
    "torch": (
        "backends.torch",
        "testing.in_torch",
        "training",
        "latency.in_torch",
        "lifting.sources.exported",
        "lifting.sources.torch_outputs",
        "lifting.sources.factories",
        "lifting.sources.modules",
        "lifting.in_torch",
    ),
    "lightning_fabric": ("training.fabric",),
    "ray": ("sweeps.units.ray_driver", "sweeps.units.on_ray"),
    "graphviz": ("draw.formats", "draw.views"),
    "click": ("cli",),
    "aiohttp": ("live.server",),
    "pandas": ("sweeping", "experiments.results"),
    "pyarrow": ("sweeps.parquet",),
    "sklearn": ("data.digits", "data.photographs"),
    "pygls": ("server.protocol",),
    "lsprotocol": ("server.protocol", "server.records"),
    "PIL": ("data.resizing", "data.pictures"),
    "pygments": ("highlighting.lexer",),
}

DRAWING: dict[str, tuple[str, ...]] = {
    # folder         the folders of resdsl.draw that it may import, beside itself and the modules above them all
    "formats": (),
    "charts": (),
    "strips": (),
    "lattice": (),
    "blocks": (),
    "tables": (),
    "views": ("strips", "lattice", "blocks", "tables", "formats"),
}

OF_A_SCENE = ("errors", "lengths", "metrics", "scene", "texts", "themes")
"""The modules of resdsl.draw that know no network: all that formats may import."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def test_modules_import_only_what_their_part_may() -> None:
    found = {place_of(path): faults(place_of(path), path.read_text(encoding="utf-8")) for path in MODULES}
    assert {place: each for place, each in found.items() if each} == {}


def test_every_part_has_a_row() -> None:
    assert {part_of(place_of(path)) for path in MODULES} <= set(PARTS)


def test_every_row_has_a_part() -> None:
    assert set(PARTS) <= {part_of(place_of(path)) for path in MODULES}


def test_every_place_imports_its_library() -> None:
    used = {(name.partition(".")[0], place_of(path)) for path in MODULES for _, name in imports(parsed(path))}
    rows = [(library, home) for library, homes in LIBRARIES.items() for home in homes]
    unused = [row for row in rows if not any(lib == row[0] and within(place, row[1]) for lib, place in used)]
    assert unused == []


def test_rows_name_rows() -> None:
    assert {part for allowed in PARTS.values() for part in allowed} <= set(PARTS)


def test_no_two_parts_import_each_other() -> None:
    pairs = {(part, other) for part, allowed in PARTS.items() for other in allowed if other != part}
    assert [pair for pair in sorted(pairs) if pair[::-1] in pairs] == []


@pytest.mark.parametrize("folder", DRAWING)
def test_folders_of_figures_import_only_what_they_may(folder: str) -> None:
    used = set()
    for path in (PACKAGE / "draw" / folder).glob("*.py"):
        for _, name in imports(parsed(path)):
            used.add(name.removeprefix("resdsl.draw.").split(".")[0] if name.startswith("resdsl.draw.") else folder)
    assert used & set(DRAWING) <= {folder, *DRAWING[folder]}
    assert folder != "formats" or used <= {folder, *OF_A_SCENE}


def test_every_folder_of_figures_has_a_row() -> None:
    assert {path.name for path in (PACKAGE / "draw").iterdir() if (path / "__init__.py").exists()} == set(DRAWING)


@pytest.mark.parametrize(
    ("place", "text", "fault"),
    [
        ("ir.walk", "import resdsl.syntax.tree", "line 1: ir may not import resdsl.syntax.tree"),
        ("ir.walk", "from resdsl import elaborate", "line 1: ir may not import resdsl.elaborate"),
        ("ops.conv", "def f():\n    import torch.nn", "line 2: torch is not for ops.conv"),
        ("backends.onnx.graph", "from torch import nn", "line 1: torch is not for backends.onnx.graph"),
        ("syntax.build", "import yaml", "line 1: yaml is not for syntax.build"),
        ("draw.scene", "from . import svg", "line 1: relative import"),
        ("draw.scene", "from __future__ import annotations\nprint(1)", "line 2: print is for cli"),
    ],
)
def test_a_breach_is_seen(place: str, text: str, fault: str) -> None:
    assert faults(place, text) == [fault]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("ir.walk", "import json\nfrom resdsl.ir.network import Network\nfrom resdsl.ops import base"),
        ("backends.onnx.graph", "import numpy as np"),
        ("cli.build", "import click\nfrom resdsl import compile\nprint(1)"),
    ],
)
def test_what_is_allowed_is_no_breach(place: str, text: str) -> None:
    assert faults(place, text) == []


def place_of(path: Path) -> str:
    """The module's dotted name below `resdsl`; a package's own is `name.__init__`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def within(place: str, home: str) -> bool:
    """Whether a module is at a place, or in the package there."""
    return f"{place}.".startswith(f"{home}.")


def part_of(place: str) -> str:
    return place.partition(".")[0]


def faults(place: str, text: str) -> list[str]:
    """What the text of the module at that place imports or prints and may not."""
    tree = ast.parse(text)
    found = [f"line {line}: {fault}" for line, name in imports(tree) if (fault := breach(place, name))]
    if part_of(place) != "cli":
        found += [f"line {line}: print is for cli" for line in prints(tree)]
    return found


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every import with its line; `from resdsl import x` yields `resdsl.x`, a relative one a dot."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(level=level) if level:
                yield node.lineno, "."
            case ast.ImportFrom(module="resdsl", names=names):
                yield from ((node.lineno, f"resdsl.{alias.name}") for alias in names)
            case ast.ImportFrom(module=str(name)):
                yield node.lineno, name


def prints(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield node.lineno


def breach(place: str, name: str) -> str | None:
    top, _, rest = name.partition(".")
    if name == ".":
        return "relative import"
    if top == "resdsl":
        own = part_of(place)
        part = part_of(rest) if part_of(rest) in PARTS else "__init__"
        return None if part in (own, *PARTS.get(own, ())) else f"{own} may not import {name}"
    if top in sys.stdlib_module_names:
        return None
    allowed = any(within(place, home) for home in LIBRARIES.get(top, ()))
    return None if allowed else f"{top} is not for {place}"
