"""The command, with a signal at a moment of its life: `python -m tests.interrupts.launcher KIND SIGNAL AT WORD ...`.

`events AT` sends the signal at that event of Python's profiler: a call or a return, of C functions too, in whatever
code, foreign or ours. `count AT` sends none, and leaves the number of events in the file AT. `ready AT` writes a byte
to the descriptor AT, and leaves the signal to whoever reads it. All begin when the command has set its handlers.
`plain 0` only runs the command.

Signals are heeded here whatever started this process ignores, as some continuous integrations do with interrupts.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from resdsl import interrupts
from resdsl.__main__ import main as command

_BEGIN, _END = interrupts.end_on_signals.__code__, interrupts.ignore_signals.__code__


class Events:
    """Counts the events of the command's life, and sends the signal at one of them."""

    def __init__(self, number: int, at: int) -> None:
        self.count = 0
        self._number, self._at = number, at
        self._lives = False

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if frame.f_code is _BEGIN:
            self._lives = event == "return"
        elif frame.f_code is _END:
            self._lives = False
        if not self._lives:
            return
        self.count += 1
        if self.count == self._at:
            send(self._number)


def send(number: int) -> None:
    """As it comes: an interrupt from a terminal to the whole group, a request to end to the process alone."""
    if number == signal.SIGINT:
        os.killpg(0, number)
    else:
        os.kill(os.getpid(), number)


def main(kind: str, number: int, at: str, words: list[str]) -> None:
    """Run the command, and send the signal."""
    for each in interrupts.ENDING:
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
    sys.argv = ["resdsl", *words]
    if kind == "plain":
        command()
    elif kind == "ready":
        say_when_ready(int(at))
        command()
    else:
        follow(Events(number, int(at) if kind == "events" else -1), Path(at) if kind == "count" else None)


def say_when_ready(descriptor: int) -> None:
    """A byte when the handlers are set."""
    set_handlers = interrupts.end_on_signals

    def ready() -> None:
        set_handlers()
        os.write(descriptor, b"!")
        os.close(descriptor)

    command.__globals__[set_handlers.__name__] = ready


def follow(events: Events, count: Path | None) -> None:
    """Run the command event by event."""
    sys.setprofile(events)
    try:
        command()
    finally:
        sys.setprofile(None)
        if count is not None:
            count.write_text(str(events.count), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
