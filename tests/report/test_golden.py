"""Reports as people get them, in every format, as they were read by a person."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest

import resdsl
from resdsl.ir.network import Network
from resdsl.report.formats import Format, write
from resdsl.report.json import report_record, to_json
from resdsl.report.layers import layers_table
from resdsl.report.report import models_table, report_table
from resdsl.report.table1 import table1

HERE = Path(__file__).parent
SUFFIXES: dict[str, Format] = {"txt": "text", "csv": "csv", "md": "md", "tex": "latex", "html": "html"}
PAPER = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


@cache
def network(name: str) -> Network:
    """A shipped network, or one of the texts here."""
    text = HERE / "texts" / f"{name}.res"
    return (resdsl.loads(text.read_text(encoding="utf-8")) if text.exists() else resdsl.load(name)).ir


def of_no_version(text: str) -> str:
    return text.replace(f'"resdsl": "{resdsl.__version__}"', '"resdsl": "its version"')


def by_layer(form: Format, name: str) -> str:
    return write([report_table(network(name), by="layer")], form, standalone=True)


def side_by_side(form: Format, *names: str) -> str:
    return write([table1([network(name) for name in names])], form, standalone=True)


WRITTEN: dict[str, Callable[[], str]] = {
    "resnet152.txt": lambda: write([report_table(network("resnet152"))], "text"),
    "resnet152_coloured.txt": lambda: write([report_table(network("resnet152"))], "text", colour=True),
    "resnet50_blocks.txt": lambda: write([report_table(network("resnet50"), by="block")], "text"),
    "resnet20_layers.txt": lambda: write([report_table(network("resnet20"), by="layer")], "text"),
    "resnet20_unfolded.txt": lambda: write([report_table(network("resnet20"), by="block", expand=True)], "text"),
    "resnet50_full.txt": lambda: write([report_table(network("resnet50"), columns="full", batch=8)], "text"),
    "odd_memory.txt": lambda: write(
        [report_table(network("odd"), by="block", columns="memory", batch=2, dtype="float16")], "text"
    ),
    "resnet50_h100.txt": lambda: write(
        [report_table(network("resnet50"), batch=32, dtype="float16", device="h100")], "text"
    ),
    "models.txt": lambda: write([models_table([network(name) for name in (*PAPER, "resnet1202")])], "text"),
    "resnet50.json": lambda: of_no_version(to_json([report_record(network("resnet50"), by="block", batch=4)])),
    "paper_table1.txt": lambda: side_by_side("text", *PAPER),
    "family_table1.txt": lambda: side_by_side(
        "text", "resnext50_32x4d", "seresnet50", "regnety_400mf", "densenet121", "sknet50"
    ),
    "apart_table1.txt": lambda: side_by_side("text", "odd", "vgg19", "edsr", "resnet1d18"),
    "resnet18_textbook.txt": lambda: write([layers_table(network("resnet18"))], "text"),
    **{f"odd.{suffix}": partial(by_layer, form, "odd") for suffix, form in SUFFIXES.items()},
    **{
        f"table1.{suffix}": partial(side_by_side, form, "resnet50", "resnext50_32x4d", "odd")
        for suffix, form in SUFFIXES.items()
    },
    "pieces.html": lambda: write([layers_table(network("resnet20"))], "html"),
    "pieces.tex": lambda: write([layers_table(network("resnet20"))], "latex"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_what_was_read_by_a_person(name: str, update_golden: bool) -> None:
    path, text = HERE / "golden" / name, WRITTEN[name]()
    if update_golden:
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def test_every_expected_text_is_compared() -> None:
    assert {path.name for path in (HERE / "golden").iterdir()} == set(WRITTEN)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.endswith(".txt")])
def test_text_fits_the_screen(name: str) -> None:
    escapes = ("\x1b[1m", "\x1b[2m", "\x1b[0m")
    text = WRITTEN[name]()
    for escape in escapes:
        text = text.replace(escape, "")
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
