"""What the language server takes for a keystroke in a text of a thousand lines: `python -m benchmarks.editing ROUNDS`.

Prints JSON: milliseconds of the processor from a new text to all that is known of it, warm, by what the keystroke
changes; the same of completion; milliseconds to the end of a long check; and MiB of the process and entries that it
remembers, before a thousand edits, half way and after them.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.page import header, spread
from resdsl.server.checking import Cancelled, Checker, Checkup
from resdsl.server.completion import completion
from resdsl.server.hints import hints, lenses
from resdsl.server.items import ItemReader, TextLayout

LINES = 1_000
EDITS = 1_000
KEYSTROKES = {
    "a comment": ("# block 30", "# block 30 of many"),
    "a width in a block": ("conv 3x3, width, groups=1  # 30", "conv 3x3, width, groups=2  # 30"),
    "repeats in the network": ("stage s30: b30(16) x 2", "stage s30: b30(16) x 3"),
    "a word that breaks the network": ("stage s30: b30(16) x 2", "stage s30: b30(16) y 2"),
    "a word that breaks a block": ("conv 3x3, width, groups=1  # 30", "conv 3x3, width groups=1  # 30"),
    "an unknown name": ("stage s30: b30(16) x 2", "stage s30: b300(16) x 2"),
    "a shape that is wrong": ("stage s30: b30(16) x 2", "stage s30: b30(16) x 2 -> 1x1x1"),
    "a line at the beginning": ("resdsl 1\n", "resdsl 1\n# one more\n"),
}
"""What is replaced by what."""
LONG = "a width in a network of a thousand lines"


def text_of(lines: int) -> str:
    """Blocks of twelve lines, and a network with a stage of each."""
    blocks = (lines - 12) // 13
    written = "".join(_block(number) for number in range(blocks))
    stages = "".join(f"  stage s{number}: b{number}(16) x 2\n" for number in range(blocks))
    network = f"network many(shortcut = B) {{\n  input 3x32x32\n  conv 3x3, 16; norm; act\n{stages}"
    return f"resdsl 1\n\n{written}{network}  avgpool global\n  fc 10\n}}\n"


def _block(number: int) -> str:
    layers = f"    conv 3x3, width, groups=1  # {number}\n    norm; act\n" * 3
    begin = f"# block {number}\nblock b{number}(width, stride = 1) {{\n  residual {{\n"
    return f"{begin}{layers}    conv 3x3, width, /stride\n  }}\n}}\n"


def definition_of(lines: int) -> str:
    """One network, a statement on each line."""
    statements = "".join(f"  conv 3x3, {16 + line % 7}\n  norm\n  act\n" for line in range(lines // 3))
    return f"network long {{\n  input 3x32x32\n{statements}  avgpool global\n  fc 10\n}}\n"


class Typing:
    """A text that is typed, and what is known of it."""

    def __init__(self, text: str) -> None:
        self._reader, self._checker = ItemReader("many.res"), Checker()
        self.text = text
        self.layout: TextLayout = self._reader.read(text)
        self.checkup: Checkup = self._checker.check(self.layout)

    def type(self, text: str) -> float:
        """The milliseconds from a new text to problems, hints and summaries."""
        before = process_time()
        self.layout = self._reader.read(text)
        self.checkup = self._checker.check(self.layout)
        hints(self.layout, self.checkup, 0, len(text), shapes=True, shares=True)
        lenses(self.layout, self.checkup)
        return (process_time() - before) * 1000

    def complete(self, before: str) -> float:
        """The milliseconds of completion behind a piece of the text."""
        offset = self.text.index(before) + len(before)
        begin = process_time()
        found = completion(self.layout, self.checkup.module, offset)
        assert found.proposals
        return (process_time() - begin) * 1000

    def remembered(self) -> int:
        """How many bodies, statements and ops are remembered."""
        return self._checker.definitions.remembered


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1])
    typing = Typing(text_of(LINES))
    found: dict[str, list[float]] = {name: [] for name in (*KEYSTROKES, "mending the last")}
    for _ in range(rounds + 1):
        for name, (old, new) in KEYSTROKES.items():
            found[name].append(typing.type(typing.text.replace(old, new, 1)))
            found["mending the last"].append(typing.type(typing.text))
    places = ("  stage s30: ", "stage s30: b30(", "  conv 3x3, ", "    norm; ")
    found["completion"] = [typing.complete(place) for _ in range(rounds + 1) for place in places]
    long = Typing(definition_of(LINES))
    for turn in range(rounds + 1):
        found.setdefault(LONG, []).append(long.type(long.text.replace("conv 3x3, 18", f"conv 3x3, {30 + turn}", 1)))
    warm = {name: times[1:] if name != "completion" else times[len(places) :] for name, times in found.items()}
    print(json.dumps({"times": warm, "memory": memory(typing, EDITS), "ending": ending(rounds)}))


def memory(typing: Typing, edits: int) -> list[float]:
    """MiB of the process, and entries that are remembered: before the edits, half way, and after."""
    found: list[float] = []
    for edit in range(edits + 1):
        if edit in (0, edits // 2, edits):
            gc.collect()
            found += [_mebibytes(), typing.remembered()]
        width, block = 16 + edit % 97, edit % 60
        text = typing.text.replace(f"b{block}(16) x 2", f"b{block}({width}) x 2", 1)
        typing.type(text.replace("groups=1  # 7", f"groups=1, bias={'true' if edit % 2 else 'false'}  # 7", 1))
    return found


def _mebibytes() -> float:
    """What the process holds now, or where the system does not say so, what it held at most."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ending(rounds: int) -> list[float]:
    """Milliseconds from a keystroke to the end of the check of a sweep that would take long."""
    text = "network n(k = 1) { input 3x64x64; for i in 0..k { conv 3x3, 8 + i; norm; act } }\n"
    checker, reader = Checker(), ItemReader("n.res")
    checkup = checker.check(reader.read(text + "sweep s { network n; over k = [k for k in 1..900] }\n"))
    found = []
    for _ in range(rounds):
        stop, ended = threading.Event(), threading.Event()

        thread = threading.Thread(target=_until, args=(checker, checkup, stop, ended))
        thread.start()
        thread.join(0.2)
        begin = perf_counter()
        stop.set()
        thread.join()
        assert ended.is_set()
        found.append((perf_counter() - begin) * 1000)
    return found


def _until(checker: Checker, checkup: Checkup, stop: threading.Event, ended: threading.Event) -> None:
    """Build the points of a sweep until it is to stop."""

    def before_step() -> None:
        if stop.is_set():
            raise Cancelled

    try:
        checker.check_points(checkup, 1000, before_step)
    except Cancelled:
        ended.set()


def page(found: dict[str, Any]) -> Iterator[str]:
    """The section about the language server."""
    yield f"\n## Typing in a spec of {LINES:,} lines\n"
    yield "From a keystroke to problems, hints and summaries, in ms. `resdsl lsp` adds the delay that is set.\n"
    yield from header("what changes", "median", "minimum", "maximum")
    for name, times in found["times"].items():
        yield f"| {name} | {spread(times)} |"
    yield f"| the end of the check of a long sweep | {spread(found['ending'])} |"
    first, entries, _, _, last, more = found["memory"]
    yield f"\n{EDITS:,} edits: {first:.0f} MiB before and {last:.0f} MiB after, "
    yield f"{entries} and {more} entries remembered."


if __name__ == "__main__":
    main()
