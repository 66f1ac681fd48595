"""The map in CONTRIBUTING.md and the page on the architecture name what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_NOT_MAPPED = {"__init__", "__main__", "version"}
"""What every package has."""


def unknown_modules(page: str, package: Path) -> Iterator[str]:
    """The modules that a page names, but that are neither in the part its section is about nor where it says."""
    for section in re.split(r"^#+ ", page, flags=re.M):
        title, _, text = section.partition("\n")
        parts = [package / part for part in title.split(", ") if (package / part).is_dir()]
        for name in re.findall(r"`([\w/]+\.py)`", text):
            near = any(found.match(name) for part in parts for found in part.rglob("*.py"))
            if not near and not any((folder / name).is_file() for folder in (package, package.parent)):
                yield f"{title}: {name}"


def mapped(page: str) -> set[str]:
    """The modules and packages directly under `resdsl/` on the map."""
    below = page.partition("\nresdsl/\n")[2]
    lines = re.findall(r"^(?:  (\S.*?)  |\S)", below, flags=re.M)
    own = lines[: lines.index("")]
    return {name.rstrip("/") for line in own for name in line.split(", ")}


def test_the_modules_that_the_page_names_exist(root: Path) -> None:
    page = (root / "docs" / "architecture.md").read_text()
    assert list(unknown_modules(page, root / "resdsl")) == []


def test_a_module_named_in_the_wrong_section_is_found(root: Path) -> None:
    page = (
        "# Parts\n\n### ir\n\n`text.py` and `opfield.py`\n\n### draw\n\n`opsets.py`, `scene.py`, `resdsl/source.py`\n"
    )
    assert list(unknown_modules(page, root / "resdsl")) == ["ir: opfield.py", "draw: opsets.py"]


def test_the_map_lists_the_top_of_the_package(root: Path) -> None:
    top = {
        path.stem for path in (root / "resdsl").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert mapped((root / "CONTRIBUTING.md").read_text()) == top - _NOT_MAPPED
