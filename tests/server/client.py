"""A client that types: it starts `resdsl lsp` and speaks the protocol with it on standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

_PATIENCE = 60


class TypingClient(LanguageClient):
    """An editor with texts in a folder.

    Attributes:
        problems: what the server said last of each text, by address and version.
    """

    def __init__(self) -> None:
        super().__init__("typing", "1")
        self.problems: dict[str, types.PublishDiagnosticsParams] = {}
        self.messages: list[str] = []
        self.requests = 0
        self._texts: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._news = asyncio.Event()

        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._published))
        self.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._shown))

    def _published(self, params: types.PublishDiagnosticsParams) -> None:
        self.problems[params.uri] = params
        self._news.set()

    def _shown(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self._news.set()

    def open(self, path: Path, text: str) -> str:
        """Open a text, and return its address."""
        uri = path.resolve().as_uri()
        self._texts[uri], self._versions[uri] = text, 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "resdsl", 1, text)),
        )
        return uri

    def text(self, uri: str) -> str:
        """A text as it is now."""
        return self._texts[uri]

    def place(self, uri: str, before: str, after: str = "") -> types.Position:
        """The place between two pieces of a text, the first of that kind."""
        offset = self._texts[uri].index(before + after) + len(before)
        return self._position(uri, offset)

    def _position(self, uri: str, offset: int) -> types.Position:
        lines = self._texts[uri][:offset].split("\n")
        return types.Position(len(lines) - 1, len(lines[-1].encode("utf-16-le")) // 2)

    def replace(self, uri: str, old: str, new: str) -> None:
        """Change the first place of a text where `old` stands, as one keystroke does."""
        text = self._texts[uri]
        start = text.index(old)
        extent = types.Range(self._position(uri, start), self._position(uri, start + len(old)))
        self._texts[uri] = text[:start] + new + text[start + len(old) :]
        self._versions[uri] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[uri], uri),
                [types.TextDocumentContentChangePartial(range=extent, text=new)],
            )
        )

    def type(self, uri: str, before: str, keys: str) -> None:
        """Type behind a piece of a text, key by key."""
        typed = before
        for key in keys:
            self.replace(uri, typed, typed + key)
            typed += key

    async def checked(self, uri: str) -> list[types.Diagnostic]:
        """What the server says of a text as it is now."""
        async with asyncio.timeout(_PATIENCE):
            while uri not in self.problems or self.problems[uri].version != self._versions[uri]:
                self._news.clear()
                await self._news.wait()
        return list(self.problems[uri].diagnostics)

    async def message(self) -> str:
        """The next message that is shown to the user."""
        async with asyncio.timeout(_PATIENCE):
            while not self.messages:
                self._news.clear()
                await self._news.wait()
        return self.messages.pop(0)

    async def ask(self, method: str, uri: str, at: types.Position | None = None, **more: Any) -> Any:
        """Send a request about a text, and wait for the answer."""
        self.requests += 1
        kind: Any = types.METHOD_TO_TYPES[method][2]
        given = {"position": at, **more} if at is not None else more
        params = kind(text_document=types.TextDocumentIdentifier(uri), **given)
        async with asyncio.timeout(_PATIENCE):
            return await self.protocol.send_request_async(method, params)


@asynccontextmanager
async def server_for(folder: Path, options: object = None) -> AsyncIterator[TypingClient]:
    """A client with a running server; the server ends with it, and its exit code is zero."""
    client = TypingClient()
    await client.start_io(sys.executable, "-m", "resdsl", "lsp")
    capabilities = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True, version_support=True
            )
        )
    )
    await client.initialize_async(
        types.InitializeParams(
            capabilities=capabilities, root_uri=folder.resolve().as_uri(), initialization_options=options
        )
    )
    client.initialized(types.InitializedParams())
    try:
        yield client
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        stopped: Any = client.stop()  # type: ignore[no-untyped-call] # pygls leaves it untyped
        await stopped
