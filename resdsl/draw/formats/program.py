"""Runs a Graphviz program."""

from __future__ import annotations

from contextlib import suppress
from subprocess import PIPE, Popen, TimeoutExpired

from resdsl.draw.errors import NotDrawn
from resdsl.interrupts import clearing, held

_LONGEST = 300.0


def drawn_by(command: list[str], source: str) -> tuple[bytes, str]:
    """The output of the program for DOT, and its messages; it is ended together with this process.

    Raises:
        NotDrawn: the program cannot be started, fails, or takes more than five minutes.
    """
    running: list[Popen[bytes]] = []
    with clearing(lambda: _stop(running)):
        try:
            with held():
                running.append(Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE))
            made, beside = running[0].communicate(source.encode(), _LONGEST)
        except (OSError, TimeoutExpired) as error:
            raise NotDrawn(f"Graphviz could not draw the figure: {error}") from None
    wording = beside.decode(errors="replace")
    if running[0].returncode or not made:
        faults = (
            [line for line in wording.splitlines() if "rror" in line]
            or wording.splitlines()[-1:]
            or ["no error message"]
        )
        raise NotDrawn(f"Graphviz could not draw the figure: {faults[0]}")
    return made, wording


def _stop(running: list[Popen[bytes]]) -> None:
    for program in running:
        program.kill()
        with suppress(TimeoutExpired):
            program.wait(1.0)
