"""Cases: what a user wrote, every word of the answer, and what they might have written instead.

A file has sections, each after a line that begins with `---`. What stands before the first such line is the spec,
`spec.res`. `--- file NAME` is another file beside it, `--- with WORDS` holds options of `resdsl check` (a first word
`build`: of a command that builds one network; a first word `sweep`: of `resdsl sweep`, with `--lint` or not),
`--- spec NAME` names another spec than `spec.res`. `--- mended` begins the same anew for the mended text, which has the
files of the other where it gives none, and its options unless `--- mended with WORDS` has others. The last section, a
bare `---`, is the answer.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

SPEC = "spec.res"


@dataclass(frozen=True)
class Attempt:
    """What a user wrote.

    Attributes:
        files: by their names.
        spec: the one that the command is given.
        words: the options; a first word `build` or `sweep` is the command.
    """

    files: dict[str, str] = field(default_factory=dict)
    spec: str = SPEC
    words: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command line: `resdsl check spec.res --set n=5`."""
        verbs = {"build": "report", "sweep": "sweep"}
        first = self.words[0] if self.words else ""
        options = self.words[1:] if first in verbs else self.words
        return shlex.join(("resdsl", verbs.get(first, "check"), self.spec, *options))


@dataclass(frozen=True)
class CaseOfProblem:
    """A case.

    Attributes:
        wrong: the text with the problem.
        mended: the same text without it, if the case has one.
        answer: what the user is told.
        head: the file up to the answer.
    """

    wrong: Attempt
    mended: Attempt | None
    answer: str
    head: str


def parse_case(text: str) -> CaseOfProblem:
    """The case that a file has.

    Raises:
        ValueError: there is no answer.
    """
    head, _, answer = text.rpartition("\n---\n")
    if not head:
        raise ValueError("there is no line ---")
    wrong, mended = Attempt(), None
    for title, body in _sections(head):
        word, _, rest = title.partition(" ")
        if word == "mended":
            mended = _added(replace(wrong, files=wrong.files.copy()), f"file {SPEC}", body)
            mended = _added(mended, rest, "") if rest else mended
        elif mended is not None:
            mended = _added(mended, title, body)
        else:
            wrong = _added(wrong, title, body)
    return CaseOfProblem(wrong, mended, answer.removesuffix("\n"), head)


def _added(written: Attempt, title: str, body: str) -> Attempt:
    word, _, rest = title.partition(" ")
    if word == "file":
        return replace(written, files={**written.files, rest: body} if body.strip() or rest != SPEC else written.files)
    if word == "spec":
        return replace(written, spec=rest)
    return replace(written, words=tuple(shlex.split(rest)))


def _sections(head: str) -> Iterator[tuple[str, str]]:
    title, lines = f"file {SPEC}", list[str]()
    for line in head.split("\n"):
        if line.startswith("--- "):
            yield title, "\n".join((*lines, ""))
            title, lines = line.removeprefix("--- "), []
        else:
            lines.append(line)
    yield title, "\n".join((*lines, ""))
