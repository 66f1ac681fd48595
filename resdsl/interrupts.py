"""Signals that end a process, and what is cleared away before it ends.

An exception that a signal raises wherever a program happens to stand is lost where foreign code swallows exceptions:
in serialisers, finalisers and callbacks. So the command raises none. At a signal it clears away what is half done,
says in a sentence what happened, and ends there and then. Programs that import resdsl keep their own handlers: there
an interrupt is the exception that Python makes of it, and the same `clearing` undoes what is half done.

The command imports this module before all others, and it imports little.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
ENDING = {signal.Signals[name]: word for name, word in _WORDS.items() if hasattr(signal, name)}
"""The signals that end the command, and what it says then; the exit code is 128 and the signal's number."""

_clears: dict[object, Callable[[], object]] = {}
_sentences = ["{}\n"]
_began_clearing = False
_cleared = False


@contextmanager
def clearing(clear: Callable[[], object]) -> Iterator[None]:
    """Call `clear` at the end of the block: well, by an error, or by a signal that ends the process within it.

    `clear` must stand being called where nothing is there yet or any more, and being called twice.
    """
    key = object()
    _clears[key] = clear
    try:
        yield
    finally:
        try:
            clear()
        finally:
            del _clears[key]


@contextmanager
def saying(sentence: str) -> Iterator[None]:
    """What is said of a signal within the block; `{}` in it stands for its word, such as `interrupted`."""
    _sentences.append(sentence)
    try:
        yield
    finally:
        _sentences.pop()


@contextmanager
def held() -> Iterator[None]:
    """A signal waits for the end of the block: what is begun there, such as a process, is known to who clears it.

    Whatever handlers the program has are kept. Other threads than the main one handle no signals.
    """
    from threading import current_thread, main_thread

    if current_thread() is not main_thread():
        yield
        return
    arrived: list[int] = []
    handlers = {number: signal.getsignal(number) for number in ENDING}
    held_back = [number for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)]
    for number in held_back:
        signal.signal(number, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        # That of the interrupt comes last: it may raise as soon as it is there.
        for number in reversed(held_back):
            signal.signal(number, handlers[number])
        for each in arrived:
            signal.raise_signal(each)


def end_on_signals() -> None:
    """From now on signals end this process, with a sentence, wherever it stands.

    What whoever started the process ignores, as `nohup` does and shells do for what runs in the background, stays
    ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def leave_signals_to_the_parent() -> None:
    """For a process that works for another: interrupts are the parent's matter, and it ends without a word."""
    _sentences.append("")
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else _end)


def ignore_signals() -> None:
    """The command has done its work: its exit code stands, whatever arrives while the interpreter shuts down."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    global _began_clearing, _cleared
    if _cleared:
        # The first may be waiting until somebody reads what it says.
        os._exit(128 + number)
    if _began_clearing:
        return
    _began_clearing = True
    for clear in reversed(list(_clears.values())):
        with suppress(Exception):
            clear()
    _cleared = True
    _say(_sentences[-1].format(ENDING[signal.Signals(number)]))
    os._exit(128 + number)


def _say(sentence: str) -> None:
    """Past Python's own stream, which the signal may have found in the middle of writing."""
    # Where there was no error stream at the start, its number may be that of any file by now.
    if sys.__stderr__ is not None:
        with suppress(OSError):
            os.write(2, sentence.encode())
