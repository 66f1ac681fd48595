"""PDF and PNG, which the system's Graphviz draws."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from resdsl.draw.errors import NotDrawn
from resdsl.draw.scene import Scene
from resdsl.draw.themes import DARK
from resdsl.draw.write import Format, write
from tests.draw.figures import HOSTILE, sample


def test_a_png_has_the_size_of_the_figure() -> None:
    content = write(sample(), "png", dpi=144).content
    assert isinstance(content, bytes)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (360, 200)


def test_a_pdf_has_the_size_of_the_figure() -> None:
    content = write(sample(), "pdf", theme=DARK).content
    assert isinstance(content, bytes)
    assert content.startswith(b"%PDF-")
    assert b"/MediaBox [ 0 0 180 100 ]" in content


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_the_same_figure_is_the_same_bytes(form: Format) -> None:
    assert write(sample(), form) == write(sample(), form)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn(name: str) -> None:
    content = write(sample(name), "png", dpi=72).content
    assert isinstance(content, bytes)
    wide, high = struct.unpack(">II", content[16:24])
    assert high == 100
    # Where no font has the letters, those that stand in may be wider: the figure grows, and nothing is cut off.
    assert wide == 180 or (wide > 180 and not name.isascii())


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_without_graphviz_one_line_says_what_to_install(
    form: Format, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotDrawn) as refused:
        write(sample(), form)
    assert str(refused.value).startswith(f"{form.upper()} needs Graphviz, but neato is not on the PATH")
    assert "apt-get install graphviz" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot"])
def test_the_other_formats_need_nothing(form: Format, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert write(sample(), form).content


def test_a_failure_of_graphviz_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_neato(tmp_path, "echo 'Error: Layout was not done' >&2; exit 1", monkeypatch)
    with pytest.raises(NotDrawn, match=r"^Graphviz could not draw the figure: Error: Layout was not done$"):
        write(sample(), "png")


def test_texts_are_smaller_where_only_wider_fonts_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = 'fontname: "Helvetica,Arial" resolved to: (PangoCairoFcFont) "DejaVu Sans, Book" /fonts/DejaVuSans.ttf'
    put_neato(tmp_path, f"echo '{said}' >&2; exec /bin/cat", monkeypatch)
    drawn = write(sample(), "pdf")
    assert drawn.warnings == ("Helvetica, Arial and Liberation Sans are missing; texts are set smaller in DejaVu Sans",)
    assert isinstance(drawn.content, bytes)
    assert b"fontsize=6.72" in drawn.content
    assert b"fontsize=8" not in drawn.content


def test_a_picture_of_too_many_dots_is_refused() -> None:
    scene = Scene(100, 20_000, "tall", "tall", ())
    with pytest.raises(NotDrawn, match="lower --dpi, fold the repeats, or write SVG"):
        write(scene, "png")


def put_neato(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of this name that does what the script says."""
    program = folder / "neato"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
