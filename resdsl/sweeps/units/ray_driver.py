"""Our side of Ray: a connection to a cluster, or to a Ray that is started on this machine and ended afterwards.

Ray cannot be called from a handler of a signal while one of its calls runs. Therefore a thread makes all calls, one
after the other, and the main thread is always free to handle signals. The thread lives as long as this process, because
the processes of Ray end with the thread that started them.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from functools import partial
from importlib.util import find_spec
from queue import SimpleQueue
from secrets import token_hex
from textwrap import shorten
from typing import Any, ParamSpec, TextIO, TypeVar

from resdsl import interrupts
from resdsl.files import error_text
from resdsl.refusal import Refused

T = TypeVar("T")
P = ParamSpec("P")

_OF_RAY = "ray_"
"""What names of threads of Ray begin with."""
_OBJECT_STORE = 80 * 1024 * 1024
"""Bytes, close to the least that Ray accepts: tasks are small, and files do not pass through it."""
_LONGEST = 24
"""The maximum length of the path of its folder for temporary files: those of sockets may have some 100 characters."""
_MOST_OF_REASON = 400
"""The maximum length of what Ray says, in characters: which versions differ comes in its last lines."""
_PATIENCE = 10.0
"""How long to wait for an answer at an address, in seconds."""
_ENDING = 30.0
"""How long to wait for Ray to end, in seconds."""


class NoRay(Refused):
    """Ray is not installed."""

    of_usage = True

    def __init__(self) -> None:
        super().__init__("--on ray needs the package ray: pip install 'resdsl[ray]'")


class NoCluster(Refused):
    """Ray cannot be started, or its cluster cannot be reached."""

    def __init__(self, address: str | None, reason: object) -> None:
        what = "Ray does not start" if address is None else f"no cluster of Ray can be reached at `{address}`"
        super().__init__(f"{what}: {shorten(str(reason), _MOST_OF_REASON, placeholder=' ...')}")


class Driver:
    """The thread that calls Ray."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[tuple[bool, Any]]]] = SimpleQueue()
        threading.Thread(target=self._work, name=f"{_OF_RAY}driver", daemon=True).start()

    def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a call, made after all earlier ones."""
        return self._result(partial(work, *args, **kwargs), None)

    def attempt(self, work: Callable[[], T], timeout: float) -> T:
        """The result of a call, made after all earlier ones.

        Raises:
            queue.Empty: there is none within `timeout` seconds.
        """
        return self._result(work, timeout)

    def _result(self, work: Callable[[], T], timeout: float | None) -> T:
        answer: SimpleQueue[tuple[bool, Any]] = SimpleQueue()
        self._calls.put((work, answer))
        succeeded, result = answer.get(timeout=timeout)
        if not succeeded:
            raise result
        value: T = result
        return value

    def _work(self) -> None:
        while True:
            work, answer = self._calls.get()
            try:
                answer.put((True, work()))
            except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
                answer.put((False, error))


@contextmanager
def connected(address: str | None, jobs: int | None) -> Iterator[Driver]:
    """A connection to Ray, which is started on this machine if no address is given.

    A program that uses Ray itself keeps its own connection.

    Args:
        address: `HOST:PORT` of a running cluster, or `auto` for that of this machine.
        jobs: the number of cores of a Ray that is started; None for all.

    Raises:
        NoRay: Ray is not installed.
        NoCluster: Ray cannot be started, or no cluster can be reached.
    """
    refuse_missing()
    _configure(address)
    driver = Driver()
    if driver.call(_is_initialized):
        yield driver
        return
    if address is not None:
        _refuse_silent(address)
    with (
        _own_folder() if address is None else nullcontext("") as folder,
        redirect_stdout(_WithoutRay(sys.stdout)),
        interrupts.clearing(lambda: driver.attempt(_shutdown, _ENDING)),
    ):
        _connect(driver, address, _of_own(folder, jobs) if address is None else {"address": address})
        yield driver
        # Ray takes handlers of signals away when it ends, too.
        with interrupts.held():
            driver.call(_shutdown)


def _of_own(folder: str, jobs: int | None) -> dict[str, Any]:
    """How Ray is started on this machine."""
    options = {"include_dashboard": False, "object_store_memory": _OBJECT_STORE, "_temp_dir": folder}
    return {"address": "local", "num_cpus": jobs, **options}


class _WithoutRay(io.TextIOBase):
    """A stream without what threads of Ray print: that a worker died is told as the outcome of its unit."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        ours = not threading.current_thread().name.startswith(_OF_RAY)
        return self._stream.write(text) if ours else len(text)

    def flush(self) -> None:
        self._stream.flush()


def refuse_missing() -> None:
    """Refuse to go on without Ray.

    Raises:
        NoRay: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise NoRay


def _configure(address: str | None) -> None:
    """Set what Ray reads from the environment when it is first imported, unless the user has set it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address is None and "RAY_AUTH_MODE" not in os.environ and "ray" not in sys.modules:
        # Otherwise Ray would write a password into the home of the user, and say so.
        os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", token_hex(16)
    # Ray warns that it sets no handlers of signals outside of the main thread, where it must not.
    logging.getLogger("ray").setLevel(logging.CRITICAL)


def _connect(driver: Driver, address: str | None, options: dict[str, Any]) -> None:
    def init() -> None:
        import ray

        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)

    try:
        # Ray takes handlers of signals away, which are restored at the end of this block.
        with interrupts.held():
            driver.call(init)
    except (OSError, RuntimeError, ValueError) as error:
        raise NoCluster(address, error) from None


def _is_initialized() -> bool:
    import ray

    return ray.is_initialized()


def _shutdown() -> None:
    import ray

    ray.shutdown(wait_for_processes=True)


@contextmanager
def _own_folder() -> Iterator[str]:
    """A folder for the logs and sockets of Ray while it runs on this machine."""
    usual = tempfile.gettempdir()
    long = len(usual) > _LONGEST and sys.platform != "win32"
    folder = tempfile.mkdtemp(prefix="resdsl-", dir="/tmp" if long else usual)
    with interrupts.clearing(lambda: shutil.rmtree(folder, ignore_errors=True)):
        yield folder


def _refuse_silent(address: str) -> None:
    """Refuse an address where nothing answers; Ray itself would try for two minutes.

    Raises:
        NoCluster: nothing answers there.
    """
    host, _, port = address.rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
    except OSError as error:
        raise NoCluster(address, error_text(error)) from None
    except (ValueError, OverflowError) as error:
        raise NoCluster(address, error) from None
