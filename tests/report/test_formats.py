"""Formats: what a text says is shown and never obeyed; documents are well-formed; figures are aligned and exact."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from resdsl.printable import one_line
from resdsl.report import csv as csv_format, html, latex, markdown, text
from resdsl.report.formats import FORMATS, Format, write
from resdsl.report.table import Brackets, Cell, Column, Measure, Table, TableLine

HOSTILE = [
    "a\x1b[31mred\x1b[0m",
    "a\x07\x00\x7f\x9b31m",
    "two\nlines\r\nand\ta tab",
    "\u202eevil\u2066",
    "half \ud800 a character",
    "a|b||c",
    "`code` *bold* _it_ **b** ~x~ [link](http://x) ![i](x) <b>raw</b> &lt; $x$ \\| \\",
    "</td></table><script>alert('x')</script>&amp;\"'",
    "</style><style>",
    "\\end{tabular}\\input{/etc/passwd} % {} } { $ & # ^ _ ~",
    "*starred",
    "[bracketed]",
    "--- ,, ?` !` << >> `` ''",
    '=cmd|"/c calc"!A1',
    '"quoted", and, commas',
    " blanks  at both ends ",
    "",
    "网络 é ß ŉ Ħ ©",
    "e\u0301 combined",
    "x" * 500,
    "words " * 100,
]
anything = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.text(st.sampled_from("\\{}$&#^_~%<>|`'\"-x3 ")))
cells: st.SearchStrategy[Cell] = st.one_of(
    anything,
    st.none(),
    st.integers(-(10**15), 10**30),
    st.floats(0, 1),
    st.builds(Brackets, st.lists(anything, max_size=3).map(tuple), st.integers(1, 40)),
)


MEASURES: tuple[Measure, ...] = ("text", "count", "bytes", "share")
KINDS: tuple[Literal["normal", "sum", "total"], ...] = ("normal", "sum", "total")


def table_of(rows: list[list[Cell]], title: str = "t", notes: tuple[str, ...] = ()) -> Table:
    """A table of these cells: a column of names and one of each measure."""
    columns = tuple(Column(f"c{at}", f"{title} {at}", MEASURES[at % 4]) for at in range(len(rows[0])))
    lines = tuple(TableLine(tuple(row), at % 4, KINDS[at % 3]) for at, row in enumerate(rows))
    return Table(title, columns, (*lines, TableLine((title, *[None] * (len(rows[0]) - 1)), kind="heading")), notes)


tables = st.builds(
    table_of,
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5)
    ),
    anything,
    st.lists(anything, max_size=2).map(tuple),
)
EVERY_HOSTILE = table_of([[each, 1234, Brackets((each, "3x3, 64"), 3)] for each in HOSTILE], HOSTILE[0], tuple(HOSTILE))


# ------------------------------------------------------------------ nothing is obeyed


@given(table=tables)
def test_text_moves_no_cursor_and_fits(table: Table) -> None:
    written = text.write(table)
    assert all(char == "\n" or char.isprintable() for char in written)
    # Pieces of brackets and headings of numbers do not wrap.
    if not any(isinstance(cell, Brackets) for line in table.lines for cell in line.cells):
        titles = max(text.display_width(one_line(column.title)) for column in table.columns)
        assert max(map(text.display_width, written.splitlines())) <= max(80, 2 * titles + 40)


def test_long_names_are_shortened_visibly_and_in_text_alone() -> None:
    name = "a" * 300 + "b" * 300
    table = table_of([[name, 5]])
    assert max(map(len, text.write(table).splitlines())) <= 80
    assert re.search(r"a+\.\.\.b+", text.write(table))
    for form in ("csv", "md", "latex", "html"):
        assert name in write([table], form)


def test_what_is_a_key_is_never_shortened() -> None:
    names = [f"cifar-n={n}-norm=group_norm-groups-8-act={act}-classes=1000" for n in (3, 5) for act in ("relu", "gelu")]
    columns = (Column("name", "name", "text", whole=True), Column("said", "said", "text"), *[Column("n", "n")] * 6)
    lines = tuple(TableLine((name, "words that may give way to it", *[123_456_789] * 6)) for name in names)
    shown = text.write(Table("t", columns, lines), width=80)
    assert [shown.split().count(name) for name in names] == [shown.split().count("name")] * 4
    assert "..." not in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", ["a" * 199, "-".join(["part"] * 40), "网络" * 50])
def test_a_key_that_no_line_holds_goes_on_below(name: str) -> None:
    columns = (Column("name", "name", "text", whole=True), Column("n", "n"))
    shown = text.write(Table("t", columns, (TableLine((name, 7)),)), width=60).splitlines()
    below = [line.split()[0] for line in shown[shown.index("-" * len(shown[3])) + 1 :]]
    assert "".join(below) == name
    assert max(map(text.display_width, shown)) <= 60


def test_words_of_a_long_name_go_on_below() -> None:
    table = table_of([["several words " * 6, 5]])
    words = text.write(table).split()
    assert words.count("several") == 6
    assert words.count("5") == 1


def test_words_are_parted_where_nothing_else_helps() -> None:
    columns = (Column("path", "path", "text"), Column("said", "said", "text"), *[Column("n", "n")] * 3)
    path, said = "features.denseblock1.denselayer1.conv", "only in the second: bottleneck(64) x 12"
    shown = write([Table("t", columns, (TableLine((path, said, 1, 2, 3)),))], "text", width=62)
    assert path in shown
    assert "bottleneck(64)\n" not in shown
    assert " x 12" in shown
    narrow = write([Table("t", columns, (TableLine((path, said, 1, 2, 3)),))], "text", width=42)
    assert path not in narrow
    assert max(map(len, narrow.splitlines())) <= 42


def test_a_column_of_nothing_takes_no_room_on_the_screen() -> None:
    table = Table(
        "t", (Column("a", "a", "text"), Column("b", "empty", "text")), (TableLine(("x", None)), TableLine(("y", "")))
    )
    assert "empty" not in text.write(table)
    assert "empty" in markdown.write(table)


def test_colour_is_ansi_and_changes_no_letter() -> None:
    table = table_of([["a", 5]], notes=("a note",))
    coloured = text.write(table, colour=True)
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\dm", "", coloured) == text.write(table)


@given(table=tables)
def test_csv_is_read_as_it_was_meant(table: Table) -> None:
    lines = list(csv.reader(io.StringIO(csv_format.write(table), newline="")))
    if len(table.columns) > 1:
        assert [len(line) for line in lines] == [len(table.columns)] * (len(table.lines) + 1)
        for line, shown in zip(lines[1:], table.lines, strict=True):
            for cell, was in zip(line, shown.cells, strict=True):
                if isinstance(was, str):
                    assert cell in (one_line(was), f"'{one_line(was)}")
                    assert cell.isprintable()
                elif isinstance(was, int | float):
                    assert type(was)(cell) == was
    csv_format.write(table).encode()


def test_csv_is_that_of_rfc_4180() -> None:
    table = Table("t", (Column("a", "A", "text"), Column("macs", "M")), (TableLine(('say "x", y', 4_089_184_256)),))
    assert csv_format.write(table) == 'a,macs\r\n"say ""x"", y",4089184256\r\n'


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\uff1d1", "'\uff1d1"),
        ("\t=1", "'\\t=1"),
        ("\r=1", "'\\r=1"),
        ("a\x1b[31m\u202eb", "a\\x1b[31m\\u202eb"),
        ("two\nlines", "two\\nlines"),
        ("-1", "-1"),
        ("+0.5", "+0.5"),
        ("-1.5e-05", "-1.5e-05"),
        ("a=1", "a=1"),
        ("größer \u2192 \u7f51\u7edc", "größer \u2192 \u7f51\u7edc"),
    ],
)
def test_csv_holds_no_formulas_and_no_controls(title: str, cell: str) -> None:
    table = Table("t", (Column("a", "A", "text"), Column("n", "N")), (TableLine((title, 1)),))
    assert list(csv.reader(io.StringIO(csv_format.write(table), newline=""))) == [["a", "n"], [cell, "1"]]


@given(table=tables)
def test_markdown_has_as_many_cells_in_each_line(table: Table) -> None:
    lines = [line for line in markdown.write(table).splitlines() if line.startswith("| ")]
    assert len(lines) == len(table.lines) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == len(table.columns) + 1


def test_markdown_means_nothing_but_itself() -> None:
    said = markdown.escaped("`a` *b* _c_ d_e [f](g) <h> &amp; $i$ ~j~ !k \\")
    assert said == "\\`a\\` \\*b\\* \\_c\\_ d_e \\[f\\](g) \\<h\\> \\&amp; \\$i\\$ \\~j\\~ \\!k \\\\"


# ------------------------------------------------------------------ documents are well-formed


class Elements(HTMLParser):
    """The elements of a document in order, and its text; refuses what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.met: list[str] = []
        self.wording: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.met.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.wording.append(data)


KNOWN = {"html", "head", "meta", "title", "style", "body", "table", "caption", "thead", "tbody", "tr", "th", "td"}


@given(table=tables, standalone=st.booleans())
def test_html_is_well_formed_and_holds_no_element_of_a_text(table: Table, standalone: bool) -> None:
    written = html.write(table, standalone=standalone)
    read = Elements()
    read.feed(written)
    assert read.open == []
    assert set(read.met) <= KNOWN | {"div", "ul", "li", "span", "br"}
    assert read.met.count("table") == 1
    ET.fromstring(written.removeprefix("<!DOCTYPE html>\n"))
    written.encode()


def test_html_says_what_its_cells_are() -> None:
    table = table_of([["name", 1_234_567], [None, 5]])
    tree = ET.fromstring(html.write(table, standalone=True).removeprefix("<!DOCTYPE html>\n"))
    assert tree.get("lang") == "en"
    (found,) = tree.iter("table")
    assert found[0].tag == "caption"
    assert [each.tag for each in found] == ["caption", "thead", "tbody"]
    assert {each.get("scope") for each in found.iter("th")} == {"col", "row", "rowgroup"}
    assert [each.get("title") for each in found.iter("td") if each.text == "1.235M"] == ["1,234,567"]
    assert all((each.text or "").strip() for each in found.iter("th"))


def test_a_page_shows_hostile_names_as_they_are() -> None:
    read = Elements()
    read.feed(html.write(EVERY_HOSTILE, standalone=True))
    said = "".join(read.wording)
    for each in HOSTILE:
        assert one_line(each) in said


BARE = re.compile(r"(?<!\\)[$&#%_^~]")


@given(table=tables, standalone=st.booleans())
def test_latex_is_balanced_and_escaped(table: Table, standalone: bool) -> None:
    written = latex.write(table, standalone=standalone)
    for line in written.splitlines():
        assert not line.startswith("%") or line.isprintable()
    body = re.sub(r"(?m)^%.*$", "", written)
    assert balanced(body)
    assert len(re.findall(r"(?<!\\)\$", body)) % 2 == 0
    assert body.count(r"\begin{") == body.count(r"\end{")
    lines = re.findall(r"(?m)^(?!\\).* \\\\$", body[body.index(r"\midrule") :])
    if not any(isinstance(cell, Brackets) for line in table.lines for cell in line.cells):
        for line in lines:
            assert len(re.findall(r"(?<!\\)&", line)) == len(table.columns) - 1


def balanced(body: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", body):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


@given(said=anything)
def test_latex_leaves_nothing_of_a_text_to_tex(said: str) -> None:
    shown = latex.escaped(said)
    assert BARE.search(shown) is None
    assert balanced(shown)
    assert shown.isprintable()
    commands = set(re.findall(r"\\([A-Za-z]+)", shown))
    known = {"textbackslash", "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar", "char"}
    assert commands <= known | {"ensuremath", "pm"}


def test_latex_prints_brackets_as_the_paper_does() -> None:
    table = table_of([[Brackets(("3x3, 64", "3x3, 64"), 3)]])
    wanted = r"$\left[\begin{array}{c}3\times3, 64\\3\times3, 64\end{array}\right]\times3$ \\"
    assert wanted in latex.write(table)
    words = latex.write(table_of([[Brackets(("1x1, 64, C=32", "squeeze_excite"))]]))
    assert r"$\left[\begin{array}{c}1\times1, 64, C=32\\\mbox{squeeze\_excite}\end{array}\right]$" in words


def test_a_long_table_goes_on_overleaf_in_a_document() -> None:
    table = table_of([[f"row {at}", at] for at in range(60)])
    assert r"\begin{longtable}[l]{@{}lr@{}}" in latex.write(table, standalone=True)
    assert r"\begin{tabular}{@{}lr@{}}" in latex.write(table)
    assert latex.write(table, standalone=True).count(r"\endhead") == 1


# ------------------------------------------------------------------ the table of formats


@pytest.mark.parametrize("form", FORMATS)
def test_several_tables_follow_each_other(form: Format) -> None:
    first, second = table_of([["first", 5]], "one"), table_of([["second", 6]], "two")
    if form == "csv":
        second = Table("two", first.columns, second.lines)
    written = write([first, second], form)
    assert written.index("first") < written.index("second")
    assert written.endswith("\n")
    if form == "csv":
        assert written.splitlines() == ["c0,c1", "first,5", "one,", "second,6", "two,"]


def test_tables_of_different_columns_are_no_one_file() -> None:
    with pytest.raises(ValueError, match="different columns"):
        write([table_of([["a", 1]]), table_of([["a"]])], "csv")


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_table_is_the_same_bytes(form: Format) -> None:
    assert write([EVERY_HOSTILE], form) == write([EVERY_HOSTILE], form)


def test_a_line_has_as_many_cells_as_there_are_columns() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        Table("t", (Column("a", "a"),), (TableLine((1, 2)),))
