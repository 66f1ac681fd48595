"""The page over HTTP: its files, a stream of what changes, and what the reader chooses."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from resdsl.draw.views import NAMES
from resdsl.live.changes import changes
from resdsl.live.child import BuildProcess, Wording
from resdsl.live.guard import HEADERS, is_allowed, knows
from resdsl.live.order import BuildOrder
from resdsl.live.state import PageState
from resdsl.printable import in_json

_PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PULSE = 15.0
"""Seconds after which a stream without news says so, which finds out about readers that are gone."""
_FAREWELL = 0.1
"""Seconds that streams have to end when the page does."""
_LONGEST_NAME = 10_000
_EMPTY = 204
_UNHEARD = logging.getLogger(f"{__name__}.requests")
"""Takes what aiohttp says of requests that are none: whoever sends them must not write on the user's terminal."""
_UNHEARD.addHandler(logging.NullHandler())
_UNHEARD.propagate = False


class LivePage:
    """The page of one file: builds it anew whenever it is saved, and hands it to every reader.

    Args:
        order: what to build.
        wording: the message for an error that is no problem of the text.
    """

    def __init__(self, order: BuildOrder, wording: Wording) -> None:
        self.token = secrets.token_urlsafe(16)
        self.port = 0
        self._wording = wording
        self._state = PageState(order)
        self._news = asyncio.Condition()
        self._process: BuildProcess | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._files = {path.name: path for path in _PAGE.iterdir() if path.suffix in _TYPES}

    async def run(self, host: str, port: int, on_start: Callable[[str], None]) -> None:
        """Listen until the task is cancelled.

        Args:
            host: an address of this machine.
            port: that of the page; 0 for any that is free.
            on_start: called with the address of the page.

        Raises:
            OSError: the port cannot be had.
        """
        runner = web.AppRunner(self._app(), access_log=None, logger=_UNHEARD, shutdown_timeout=_FAREWELL)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            self.port = runner.addresses[0][1]
            self._build()
            on_start(f"http://{f'[{host}]' if ':' in host else host}:{self.port}/{self.token}/")
            async for _ in changes(lambda: self._state.files):
                self._build()
        finally:
            self.end()
            await runner.cleanup()

    def end(self) -> None:
        """End the build, if one is running."""
        if self._process is not None:
            self._process.end()

    # ---------------------------------------------------------------------------------------- building

    def _build(self) -> None:
        """Begin a build; one that is running is ended."""
        self.end()
        self._process = process = BuildProcess(self._state.begin(), self._wording)
        task = asyncio.create_task(self._follow(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, process: BuildProcess) -> None:
        """Take the updates of a build until it is complete, or another one has begun."""
        lost = False
        await self._tell()
        try:
            while (update := await asyncio.to_thread(process.receive)) is not None and process is self._process:
                self._state.take(update)
                await self._tell()
        except EOFError:
            lost = True
        if process is self._process:
            self._process = None
            self._state.end(lost=lost)
            await self._tell()
        await asyncio.to_thread(process.close)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    # --------------------------------------------------------------------------------------- answering

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guarded], client_max_size=_LONGEST_NAME)
        app.on_response_prepare.append(_with_headers)
        app.router.add_get("/{token}/", self._file)
        app.router.add_get("/{token}/events", self._events)
        app.router.add_get("/{token}/{name}", self._file)
        app.router.add_post("/{token}/choose", self._choose)
        app.router.add_post("/{token}/pin", self._pin)
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        if not is_allowed(request.headers, self.port):
            raise web.HTTPForbidden(text="only the page itself may ask\n")
        if not knows(request.match_info.get("token", ""), self.token):
            raise web.HTTPNotFound(text="there is no such page\n")
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException:
            raise
        except Exception as error:  # the page shows what went wrong
            raise web.HTTPInternalServerError(text=f"{self._wording(error)}\n") from error
        return answer

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = self._files.get(request.match_info.get("name", "index.html"))
        if path is None:
            raise web.HTTPNotFound(text="there is no such page\n")
        return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Sections as they change, all of them at first; a reader that is slow gets only the newest of each."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        with suppress(ConnectionResetError):  # the reader is gone
            await self._tell_all(stream)
        return stream

    async def _tell_all(self, stream: web.StreamResponse) -> None:
        version = -1
        while True:
            if version == self._state.version:
                await self._wait_for_news(version)
            news, version = self._state.since(version), self._state.version
            text = in_json(json.dumps(news, ensure_ascii=False))
            await stream.write(f"data: {text}\n\n".encode() if news else b": nothing new\n\n")

    async def _wait_for_news(self, version: int) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: self._state.version != version), _PULSE)
            except TimeoutError:
                return

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        """Another network, sweep or view."""
        wanted = await _record(request)
        known = {"choice": str, "view": str, "fold": bool}
        if not all(type(value) is known.get(name) for name, value in wanted.items()):
            raise web.HTTPBadRequest(text="choice and view are names, fold is true or false\n")
        if wanted.get("view", NAMES[0]) not in NAMES:
            raise web.HTTPBadRequest(text=f"available views: {', '.join(NAMES)}\n")
        if self._state.choose(wanted):
            self._build()
        return web.Response(status=_EMPTY)

    async def _pin(self, request: web.Request) -> web.StreamResponse:
        """Compare with the present state from now on, or no longer."""
        wanted = await _record(request)
        if wanted.keys() != {"pinned"} or type(wanted["pinned"]) is not bool:
            raise web.HTTPBadRequest(text="pinned is true or false\n")
        self._state.pin(**wanted)
        self._build()
        return web.Response(status=_EMPTY)


async def _record(request: web.Request) -> dict[str, Any]:
    try:
        record = json.loads(await request.text())
    except (ValueError, LookupError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise web.HTTPBadRequest(text="this is not a JSON object\n")
    return record


async def _with_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
