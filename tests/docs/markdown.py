"""Fenced blocks of the manual and of README.

What stands after the fence says what a test makes of a block:

    res                      definitions; every network is built
    res body                 statements; they are the body of a network that an input of 16x32x32 flows into
    res error RES405         (also `res body error ...`) the text is refused with this problem
    res file=mine.res        as `res`, and a file for the console and Python blocks of the same page
    console                  commands after `$ `, and what they print, where that is shown; `...` stands for anything
    console fails            likewise; the last command ends with an exit code that is not 0
    python                   a program that ends well
    python file=train.py     a file for the blocks of the same page, which a console block runs
    toml file=journal.toml    likewise
    python of=resnet34       pieces of this network's PyTorch source, in order; lines with `...` alone stand between;
                             the network is a shipped one, or the only one of a file of the page
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
GUIDES = tuple(sorted((ROOT / "docs" / "howto").glob("*.md")))
"""Pages whose blocks are for `tests/howto`, which follows them in a copy of the project."""
LINK = re.compile(r"\]\(([^)\s]+)\)")

_FENCED = re.compile(r"^```(?P<tags>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        page: the page, from the top of the clone.
        line: line of the fence, from one.
        tags: the words after the fence.
        text: what stands within.
    """

    page: str
    line: int
    tags: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def language(self) -> str:
        """The first word after the fence."""
        return self.tags[0] if self.tags else ""

    @property
    def code(self) -> str | None:
        """The problem with which the text is to be refused, if it is."""
        return self.tags[self.tags.index("error") + 1] if "error" in self.tags else None

    @property
    def file(self) -> str | None:
        """The name under which other blocks of the page know the text."""
        return self._named("file")

    @property
    def of(self) -> str | None:
        """The network from whose PyTorch source the text is."""
        return self._named("of")

    def _named(self, name: str) -> str | None:
        return next((tag.removeprefix(f"{name}=") for tag in self.tags if tag.startswith(f"{name}=")), None)


def blocks(*languages: str) -> list[Block]:
    """All blocks of these languages, page by page; those of the guides are left to `tests/howto`."""
    pages = [page for page in PAGES if page not in GUIDES]
    return [block for page in pages for block in blocks_of(page) if block.language in languages]


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of one page, in order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCED.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(short(page), line, tuple(match["tags"].split()), match["text"])


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may name after `#`, as GitHub makes it of the heading."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def short(page: Path) -> str:
    """The page's path from the top of the clone."""
    return page.relative_to(ROOT).as_posix()
