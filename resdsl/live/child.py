"""A build in a process of its own, which can be ended at any moment and leaves nothing behind.

Where the system can, processes are forked from one that has imported everything (`warm`), which takes milliseconds.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any

from resdsl import interrupts
from resdsl.live.order import BuildOrder

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Wording = Callable[[Exception], str]
"""The message for an error."""

_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_WARM = "resdsl.live.warm"


class BuildProcess:
    """A process that builds one order and ends.

    Args:
        order: what to build.
        wording: the message for an error that is no problem of the text, which must be a function of a module.
    """

    def __init__(self, order: BuildOrder, wording: Wording) -> None:
        context: Any = multiprocessing.get_context(_METHOD)
        if _METHOD == "forkserver":
            context.set_forkserver_preload([_WARM])
        self._pipe, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_build, args=(order, wording, theirs), daemon=True)
        # It lets interrupts through when it begins, and so must not begin between ours.
        resource_tracker.ensure_running()
        with interrupts.kept_from_children():
            self._process.start()
        theirs.close()

    def receive(self) -> dict[str, Any] | None:
        """Wait for the next update; None if the build is complete.

        Raises:
            EOFError: the process has died, or was ended.
        """
        try:
            update: dict[str, Any] | None = self._pipe.recv()
        except OSError:
            raise EOFError from None
        return update

    def end(self) -> None:
        """End the process, at once and whatever it is doing; whoever waits for an update is told by an `EOFError`."""
        self._process.kill()

    def close(self) -> None:
        """Free what the process took, after its last update."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()


def _build(order: BuildOrder, wording: Wording, pipe: Connection) -> None:
    interrupts.leave_signals_to_the_parent()
    interrupts.end_with_the_parent()
    from resdsl.live.records import plain_problem
    from resdsl.live.updates import updates

    with suppress(BrokenPipeError):
        try:
            for update in updates(order):
                pipe.send(update)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: reported on the page, never as a traceback
            problem = plain_problem(wording(error))
            pipe.send({"outcome": "broken", "problems": {"listed": [problem], "count": 1}})
        pipe.send(None)
