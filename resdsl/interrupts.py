"""Handles signals that end the process, and cleans up before it ends.

An exception raised by a signal at an arbitrary point is lost if foreign code swallows it, as serialisers, finalisers
and callbacks do. Therefore the command raises none: on a signal, it removes unfinished files, prints a sentence, and
ends immediately. Programs that import resdsl keep their own handlers; there, an interrupt is the usual Python
exception, and the same `clearing` removes unfinished files.

The command imports this module before all others, so it has few imports of its own.
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
"""The signals that end the command, with the word it prints; the exit code is 128 plus the number of the signal."""

_clears: dict[object, Callable[[], object]] = {}
_sentences = ["{}\n"]
_began_clearing = False
_cleared = False


@contextmanager
def clearing(clear: Callable[[], object]) -> Iterator[None]:
    """Call `clear` when the block ends: normally, with an error, or by a signal that ends the process.

    `clear` must tolerate being called when there is nothing to remove, and being called twice.
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
    """The sentence to print on a signal within the block; `{}` is replaced by a word such as `interrupted`."""
    _sentences.append(sentence)
    try:
        yield
    finally:
        _sentences.pop()


@contextmanager
def held(*, once: bool = False) -> Iterator[list[int]]:
    """Delay signals until the end of the block, so that cleanup knows everything started in it, such as a process.

    The handlers of the program are kept. Only the main thread handles signals.

    Args:
        once: whether a second signal is handled at once, for blocks that take long.

    Yields:
        the signals that have arrived, by number; what the block adds is raised at its end, too.
    """
    from threading import current_thread, main_thread

    arrived: list[int] = []
    if current_thread() is not main_thread():
        yield arrived
        return
    handlers = {number: signal.getsignal(number) for number in ENDING}
    held_back = [number for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)]

    def release() -> None:
        # That of the interrupt comes last: it may raise as soon as it is there.
        for number in reversed(held_back):
            signal.signal(number, handlers[number])

    def note(number: int, _: FrameType | None) -> None:
        if once and arrived:
            arrived.clear()
            release()
            signal.raise_signal(number)
        else:
            arrived.append(number)

    for number in held_back:
        signal.signal(number, note)
    try:
        yield arrived
    finally:
        release()
        for each in arrived:
            signal.raise_signal(each)


def end_on_signals() -> None:
    """From now on, signals end this process with a sentence.

    Signals that the parent process ignores, as `nohup` does and shells do for background jobs, remain ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def leave_signals_to_the_parent() -> None:
    """For a worker process: leave interrupts to the parent, and end silently on other signals."""
    _sentences.append("")
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else _end)


def end_with_the_parent() -> None:
    """For a worker process: end it when its parent has died."""
    from threading import Thread

    Thread(target=_wait_for_the_parent, daemon=True).start()


def _wait_for_the_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def kept_from_children() -> Iterator[None]:
    """Processes started within the block ignore interrupts, which a terminal would otherwise send to them as well."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_signals() -> None:
    """Keep the exit code from now on, whatever signals arrive while the interpreter shuts down."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    global _began_clearing, _cleared
    if _cleared:
        # The first may be waiting for its message to be read.
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
    """Write without Python's own stream, which the signal may have interrupted in the middle of writing."""
    # Where there was no error stream at the start, its number may be that of any file by now.
    if sys.__stderr__ is not None:
        with suppress(OSError):
            os.write(2, sentence.encode())
