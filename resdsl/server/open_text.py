"""A text that is open in an editor: as it is now, and what was found when it was checked last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from threading import Event

from resdsl.server.checking import Cancelled, Checker, Checkup
from resdsl.server.items import ItemReader, TextLayout
from resdsl.server.positions import Encoding, Positions
from resdsl.server.symbols import TextView


class OpenText:
    """A text that is typed.

    Args:
        uri: its address in the editor.
        path: its file, if it has one.
        checker: checks it.
        encoding: how the editor counts within lines.

    Attributes:
        checker: checks it.
        version: the editor's number of this state of the text.
        layout: the text as it is now.
        checkup: what was found last; it may be of an earlier state.
    """

    def __init__(self, uri: str, path: Path | None, checker: Checker, encoding: Encoding) -> None:
        self.uri = uri
        self.path = path
        self.version: int | None = None
        self.checker = checker
        self._reader = ItemReader(path.name if path is not None else "<text>", path and path.parent, path)
        self._encoding = encoding
        self._stop = Event()
        self._checking = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.change("", None)
        self.checkup = Checkup(self.layout)

    def change(self, text: str, version: int | None) -> None:
        """Take the text that it is now. A check under way ends."""
        self._stop.set()
        self.version = version
        self.layout: TextLayout = self._reader.read(text)
        self.positions = Positions(text, self._encoding)

    @property
    def view(self) -> TextView | None:
        """The text and what its names mean; None if it could not be linked yet."""
        return TextView(self.layout, self.checkup.module) if self.checkup.module is not None else None

    @property
    def is_checked(self) -> bool:
        """Whether what was found is of the text as it is now."""
        return self.checkup.layout is self.layout

    @property
    def is_linked(self) -> bool:
        """Whether what is known of its names is of the text as it is now, and of all of it."""
        module = self.checkup.module
        return not self.layout.problems and module is not None and module.file is self.layout.file

    def close(self) -> None:
        """End what is under way."""
        self._stop.set()

    def check_soon(
        self,
        delay: float,
        most_points: int,
        pool: Executor,
        found: Callable[[OpenText], None],
        failed: Callable[[OpenText, Exception], None],
    ) -> None:
        """Check the text, unless it changes before.

        Args:
            delay: seconds to wait for further changes.
            most_points: the most points of a sweep that are built.
            pool: runs the check.
            found: called when something new is known.
            failed: called where a check ends by an error that is no problem of the text.
        """
        self._stop.set()
        self._stop = stop = Event()

        async def check() -> None:
            try:
                await self._check(delay, most_points, pool, found, stop)
            except Exception as error:  # noqa: BLE001 - the server goes on, whatever one text does to it
                failed(self, error)

        self._task = asyncio.create_task(check())

    async def settled(self, timeout: float) -> None:
        """Wait until the text is checked, for some seconds at most."""
        end = asyncio.get_running_loop().time() + timeout
        while self._task is not None and not self.is_checked:
            left = end - asyncio.get_running_loop().time()
            task = self._task
            if left <= 0 or task.done():
                return
            await asyncio.wait({task}, timeout=min(left, 0.02))

    async def _check(
        self, delay: float, most_points: int, pool: Executor, found: Callable[[OpenText], None], stop: Event
    ) -> None:
        await asyncio.sleep(delay)

        def before_step() -> None:
            if stop.is_set():
                raise Cancelled

        loop = asyncio.get_running_loop()
        async with self._checking:
            if stop.is_set():
                return
            try:
                checkup = await loop.run_in_executor(pool, self.checker.check, self.layout, before_step)
                if stop.is_set():
                    return
                self.checkup = checkup
                found(self)
                if checkup.sweeps and most_points:
                    complete = await loop.run_in_executor(
                        pool, self.checker.check_points, checkup, most_points, before_step
                    )
                    if not stop.is_set() and complete is not checkup:
                        self.checkup = complete
                        found(self)
            except Cancelled:
                return
