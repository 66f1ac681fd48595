"""`resdsl render`: what is drawn, how it is written, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import resdsl as package
from resdsl.draw.errors import NotDrawn
from tests.cli.running import Command, run_process
from tests.draw.drawn import beside, boxes_of, columns_of
from tests.draw.figures import svg_tree, texts_of

SMALL = """network small(width = 8, classes = 10, shortcut = B) {
  input 3x16x16
  conv 3x3, width; norm; act
  stage layer1: basic(width * 2) x 2, /2
  avgpool global
  fc classes
}
"""
SIGNS = {"svg": "<?xml", "html": "<!DOCTYPE html>", "tex": "%", "dot": "//", "pdf": "%PDF", "png": "\x89PNG"}


@pytest.fixture
def small(resdsl: Command) -> str:
    resdsl.write("small.res", SMALL)
    return "small.res"


def test_without_a_place_svg_goes_to_the_standard_output(resdsl: Command, small: str) -> None:
    ended = resdsl("render", small)
    assert (ended.code, ended.err) == (0, "")
    (column,) = columns_of(svg_tree(ended.out))
    assert [" ".join(box.label) for box in boxes_of(column)] == [
        *["input 3x16x16", "3x3 conv, 8", "3x3 conv, 16, /2", "3x3 conv, 16", "3x3 conv, 16", "3x3 conv, 16"],
        *["avg pool", "fc 10"],
    ]
    assert [line.style for line in beside(column)] == ["projection", "identity"]


@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot", "pdf", "png"])
def test_the_form_is_that_of_the_name(resdsl: Command, small: str, form: str) -> None:
    ended = resdsl("render", small, "-o", f"made.{form}")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.endswith(f"wrote made.{form}\n")
    content = (resdsl.folder / f"made.{form}").read_bytes()
    start = {"tex": b"", "dot": b"digraph"}.get(form, SIGNS[form].encode("latin-1"))
    assert content.startswith(start)
    assert form != "tex" or b"\\begin{tikzpicture}" in content


def test_the_form_may_be_said(resdsl: Command, small: str) -> None:
    assert resdsl("render", small, "--format", "dot", "-o", "-").out.startswith("digraph")
    assert resdsl("render", small, "--format", "html", "-o", "page.txt").code == 0
    ET.parse(resdsl.folder / "page.txt")


def test_several_specs_stand_side_by_side(resdsl: Command, small: str) -> None:
    out = resdsl("render", small, "plain18", small, "--view", "stages").out
    assert [each.get("aria-label") for each in columns_of(svg_tree(out))] == ["small", "plain18", "small"]


def test_figure_3_in_one_command(resdsl: Command) -> None:
    assert resdsl("render", "vgg19", "plain34", "resnet34", "--view", "columns", "-o", "figure3.svg").code == 0
    tree = svg_tree((resdsl.folder / "figure3.svg").read_text(encoding="utf-8"))
    lines = beside(columns_of(tree)[2])
    assert (len(lines), sum(line.dashed for line in lines)) == (16, 3)


def test_settings_reach_every_network(resdsl: Command, small: str) -> None:
    out = resdsl("render", small, "--set", "shortcut=A", "--set", "width=4", "--input", "3x32x32").out
    labels = [text.text for text in texts_of(svg_tree(out))]
    assert {"zeros", "3x3 conv, 4", "input 3x32x32"} <= set(labels)


def test_overlays(resdsl: Command, small: str) -> None:
    out = resdsl(
        *("render", small, "--color-by", "macs", "--annotate", "shape,macs", "--title", "Small", "--style", "dark")
    ).out
    tree = svg_tree(out)
    labels = [text.text for text in texts_of(tree)]
    assert "Small" in labels
    assert "16x8x8 · 73.73k macs" in labels
    assert any(box.style == "heat7" for box in boxes_of(columns_of(tree)[0]))
    assert 'fill="#1b1f24"' in out
    assert "identity shortcut" not in resdsl("render", small, "--no-legend").out


def test_a_file_of_styles(resdsl: Command, small: str) -> None:
    resdsl.write("own.toml", 'base = "mono"\n[styles.identity]\nstroke = "#0072b2"\n')
    assert "#0072b2" in resdsl("render", small, "--style", "own.toml").out


def test_a_width_and_what_it_does_to_texts(resdsl: Command) -> None:
    fits = resdsl("render", "resnet152", "--view", "stages", "--width", "3.25in", "-o", "a.svg")
    assert fits.err == "wrote a.svg\n"
    narrow = resdsl("render", "resnet152", "--view", "stages", "--width", "1in", "-o", "b.svg")
    assert re.match(
        r"warning: the smallest text has \d\.\d pt, less than 6 pt; \d\.\d\din of width would be enough\n", narrow.err
    )


def test_a_height_that_nobody_looked_at_is_told(resdsl: Command) -> None:
    """Nearly six feet of it."""
    tall = resdsl("render", "resnet152", "--width", "3.25in", "-o", "a.svg")
    assert tall.code == 0
    assert tall.err.startswith(
        "warning: at that width the figure is 70.6in high, more than a page of 11in; fold the repeats"
    )


@pytest.mark.parametrize("spec", ["small.res", "shortcut_options"])
def test_with_a_width_and_a_height_a_figure_fits_into_both(resdsl: Command, small: str, spec: str) -> None:
    assert resdsl("render", spec, "--height", "3in", "-o", "a.svg").code == 0
    assert svg_tree((resdsl.folder / "a.svg").read_text()).get("height") == "216pt"
    resdsl("render", spec, "--width", "6in", "--height", "20in", "-o", "b.svg")
    assert svg_tree((resdsl.folder / "b.svg").read_text()).get("width") == "432pt"


def test_a_difference(resdsl: Command, small: str) -> None:
    resdsl.write("other.res", SMALL.replace("x 2", "x 4"))
    one, other = columns_of(svg_tree(resdsl("render", small, "other.res", "--view", "stages", "--diff").out))
    assert [box.label[0] for box in boxes_of(other) if box.style == "added"] == ["basic(16) x 2"]
    assert not any(box.style == "added" for box in boxes_of(one))


@pytest.mark.parametrize("view", ["columns", "stages", "block", "table", "ops"])
def test_every_view_marks_differences_and_has_overlays(resdsl: Command, small: str, view: str) -> None:
    resdsl.write("other.res", SMALL.replace("width * 2", "width * 4"))
    marked = resdsl("render", small, "other.res", "--view", view, "--diff")
    assert (marked.code, marked.err) == (0, "")
    assert ">changed<" in marked.out
    coloured = resdsl("render", small, "--view", view, "--color-by", "macs", "--annotate", "shape,macs")
    assert (coloured.code, coloured.err) == (0, "")
    assert re.search(r">(?:0 to|up to) [\d.]+[kM] multiply(?:-|&#45;)adds<", coloured.out)
    assert re.search(r"[\d.]+[kM] macs<", coloured.out)


def test_tikz_as_a_document(resdsl: Command, small: str) -> None:
    assert "\\documentclass" in resdsl("render", small, "--format", "tex", "--standalone").out
    assert "\\documentclass" not in resdsl("render", small, "--format", "tex").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["-o", "figure.gif"], "no format of figures has the suffix of 'figure.gif'; use .svg, .html"),
        (["-o", "figure"], "no format of figures has the suffix of 'figure'"),
        (["--diff"], "--diff needs two specs, not 1"),
        (["small.res", "--diff", "--color-by", "op"], "--color-by would have no effect"),
        (["--view", "stages", "--fold"], "--fold would have no effect"),
        (["--standalone"], "--standalone is for TikZ"),
        (["--dpi", "300", "-o", "a.svg"], "--dpi is for PNG"),
        (["--annotate", "shape,weight"], "unknown annotation 'weight'; available: shape, params, macs"),
        (["--annotate", "macs,macs"], "'macs' is listed twice"),
        (["--view", "rows"], "'rows' is not one of"),
        (["--format", "svg", "-o", "small.res"], "small.res is an input and would be overwritten"),
        (["--set", "width"], "--set takes NAME=VALUE"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused(resdsl: Command, small: str, arguments: list[str], says: str) -> None:
    ended = resdsl("render", small, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert says in ended.err
    assert sorted(path.name for path in resdsl.folder.iterdir()) == ["small.res"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--width", "wide"], "'wide' is not a valid length"),
        (["--height", "4"], "'4' is not a valid length"),
        (["--style", "neon"], "neon"),
        (["--set", "width=0"], "width"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_drawn_is_said(resdsl: Command, small: str, arguments: list[str], says: str) -> None:
    ended = resdsl("render", small, *arguments, "-o", "a.svg")
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert not (resdsl.folder / "a.svg").exists()


def test_without_graphviz_svg_tikz_and_dot_still_work(
    resdsl: Command, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    for form in ("svg", "tex", "dot", "html"):
        assert resdsl("render", small, "-o", f"a.{form}").code == 0
    ended = resdsl("render", small, "-o", "a.pdf")
    assert ended.code == 1
    assert "apt-get install graphviz" in ended.err
    assert not (resdsl.folder / "a.pdf").exists()


def test_binary_forms_go_to_no_terminal(resdsl: Command, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.cli.render.sys", _Terminal)
    ended = resdsl("render", small, "--format", "png")
    assert ended.code == 2
    assert "png is binary and needs a file" in ended.err


class _Terminal:
    """A `sys` whose output is a terminal."""

    class stdout:  # noqa: N801 - as `sys` has it
        @staticmethod
        def isatty() -> bool:
            return True


def test_no_framework_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "small.res").write_text(SMALL, encoding="utf-8")
    code = (
        "import sys, resdsl.cli.main as m\n"
        "try: m.main(['render', 'small.res', '-o', 'a.svg'])\n"
        "finally: print(sorted({'torch', 'onnx', 'numpy', 'graphviz', 'rich', 'tomllib'} & set(sys.modules)))"
    )
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(package.__file__).parent.parent), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "small.res").write_text(SMALL, encoding="utf-8")
    for form in ("svg", "tex", "dot"):
        runs = [run_process(tmp_path, "render", "small.res", "--format", form) for _ in range(2)]
        assert runs[0].code == 0
        assert runs[0].out == runs[1].out


@pytest.mark.parametrize("form", ["svg", "dot"])
def test_build_draws_too(resdsl: Command, small: str, form: str) -> None:
    ended = resdsl("build", small, "--to", form)
    assert ended.code == 0
    assert ended.out.startswith(f"wrote small.{form} (")
    rendered = resdsl("render", small, "--format", form).out
    assert (resdsl.folder / f"small.{form}").read_text(encoding="utf-8") == rendered
    assert "a figure does not contain weights" in resdsl("build", small, "--to", form, "--seed", "1").err
    assert "a figure shows the network as written" in resdsl("build", small, "--to", form, "--fold-bn").err
    record = json.loads(resdsl("build", small, "--to", form, "--summary", "json").out)
    assert record["path"] == f"small.{form}"


# ------------------------------------------------------------------- Python


def test_render_in_python() -> None:
    figure = package.loads(SMALL).render("stages", width="3.25in", color_by="params", title="Small")
    tree = svg_tree(figure.to_svg())
    assert tree.get("width") == "234pt"
    assert figure._repr_svg_() == figure.to_svg()
    assert figure.description.startswith("small: 6 layers with weights; 1 stage of 2 blocks; 2 shortcuts, of them 1 ")
    assert figure.write("tex").warnings == ()
    assert isinstance(figure.write("png", dpi=50).content, bytes) or shutil.which("neato") is None


def test_networks_beside_each_other_in_python() -> None:
    net = package.loads(SMALL)
    tree = svg_tree(net.render(beside=[package.loads(SMALL, width=16)], diff=True).to_svg())
    assert len(columns_of(tree)) == 2
    assert any(box.style == "changed" for box in boxes_of(columns_of(tree)[1]))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"view": "colums"}, "unknown view 'colums'; .*columns"),
        ({"color_by": "heat"}, "unknown colour 'heat'"),
        ({"annotate": ("shapes",)}, "unknown annotation 'shapes'; .*shape"),
        ({"style": "neon"}, "neon"),
        ({"width": "wide"}, "not a valid length"),
        ({"height": 20_000}, "a side of a figure must be between 10pt and 200in long"),
        ({"diff": True}, "needs two networks, not 1"),
    ],
)
def test_what_python_cannot_draw(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(NotDrawn, match=says):
        package.loads(SMALL).render(**arguments)  # type: ignore[arg-type]


def test_mermaid_has_no_views(resdsl: Command) -> None:
    ended = resdsl("render", "resnet18", "-o", "net.mmd")
    assert (ended.code, ended.err) == (0, "wrote net.mmd\n")
    assert (resdsl.folder / "net.mmd").read_text(encoding="utf-8").startswith("flowchart TB\n")
    ended = resdsl("render", "resnet18", "-o", "net.mmd", "--view", "block")
    assert ended.code == 2
    assert "Mermaid has no views" in ended.err


def test_ops_are_laid_out_by_graphviz(resdsl: Command) -> None:
    assert resdsl("render", "resnet18", "--view", "ops", "-o", "net.dot").code == 0
    assert (resdsl.folder / "net.dot").read_text(encoding="utf-8").count("cluster") > 8
    assert resdsl("render", "resnet18", "--view", "ops", "-o", "net.svg").code == 0
    assert b"<svg" in (resdsl.folder / "net.svg").read_bytes()
    ended = resdsl("render", "resnet18", "--view", "ops", "-o", "net.tex")
    assert ended.code == 1
    assert "does not write TikZ" in ended.err


def test_blocks_that_change_the_shape_are_drawn_when_asked_for(resdsl: Command) -> None:
    few = resdsl("render", "resnet34", "--view", "block").out
    more = resdsl("render", "resnet34", "--view", "block", "--changes").out
    assert more.count("<rect") > few.count("<rect") > 0
    ended = resdsl("render", "resnet34", "--changes")
    assert ended.code == 2
    assert "--changes is for --view block" in ended.err


def test_a_format_against_the_name_of_the_file_is_refused(resdsl: Command, small: str) -> None:
    ended = resdsl("render", small, "-o", "a.svg", "--format", "png")
    assert (ended.code, ended.out) == (2, "")
    assert "--format png contradicts the suffix .svg of the file" in ended.err
    assert resdsl("render", small, "-o", "a.picture", "--format", "svg").code == 0


def test_an_unknown_key_of_a_theme_is_told(resdsl: Command, small: str) -> None:
    resdsl.write("mine.toml", "nonsense = 1\n")
    assert "mine.toml: nonsense: unknown key" in resdsl("render", small, "--style", "mine.toml").err
