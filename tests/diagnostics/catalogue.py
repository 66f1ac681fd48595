"""The manual of problems, `docs/diagnostics.md`, made of the classes and of the cases that explain them.

`python -m tests.diagnostics.catalogue` writes it.
"""

from __future__ import annotations

from pathlib import Path

from resdsl.explanations.case import SPEC, Attempt
from resdsl.explanations.explanation import GROUPS, ProblemExplanation, explanation_of, problem_classes
from resdsl.printable import phrase

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "diagnostics.md"

HEAD = """# Problems

Every problem that `resdsl` reports, with its code, its meaning, an example, and the same example mended;
`resdsl explain CODE` prints the same. The command line shows the line with the problem, what was found and what was
expected, and a hint if there is one, followed by the blocks that led there, innermost first.

Errors end a command with exit code 1; warnings do not. At most twenty problems are shown, and the others are counted;
`resdsl check --all` shows all.

`resdsl check --format json` gives the same as data, `--format github` as workflow commands of GitHub Actions, which
annotate the lines of a change, and `--format sarif` in SARIF 2.1.0, which code hosts and editors read. These have all
problems. A step of a workflow that annotates specs:

```yaml
- run: resdsl check specs/*.res --format github
```

`resdsl check --fix` mends what can be mended with certainty: `Linear` becomes `fc`, `range(3)` becomes `0..3`,
`act="gelu"` loses its quotes. A change is made only if the text then has that problem no more; files keep their line
ends, byte order marks, modes and links. `--fix --diff` writes nothing and shows what would change. With `--format json`
every problem has its change as `replacement`, a place and the text for it, or null.
"""


def manual() -> str:
    """The text of the manual."""
    parts = [HEAD]
    group = ""
    for kind in problem_classes():
        each = explanation_of(kind)
        if each.code[3] != group:
            group = each.code[3]
            parts.append(f"## {GROUPS[group]} (RES{group}xx)\n")
        parts.append(_entry(each))
    return "\n".join(parts)


def _entry(each: ProblemExplanation) -> str:
    title = f"### {each.code} {each.name}{' (warning)' if each.is_warning else ''}"
    entry = f"{title}\n\n{each.meaning}\n\n{_shown(each.case.wrong)}\n```text\n{each.case.answer}\n```\n"
    return f"{entry}\nMended:\n\n{_shown(each.case.mended)}" if each.case.mended else entry


def _shown(written: Attempt) -> str:
    """The files of an example and, where it is not simply checked, the command."""
    texts = (text.strip("\n") for text in written.files.values() if text.strip())
    shown = ["\n".join(map(phrase, text.split("\n"))) for text in texts]
    if written.words or written.spec != SPEC:
        shown.append(f"$ {written.command}")
    return "".join(f"```\n{text}\n```\n" for text in shown)


if __name__ == "__main__":
    MANUAL.write_text(manual(), encoding="utf-8")
