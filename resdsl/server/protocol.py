"""The language server over the protocol of editors, on the standard input and output.

A text is checked a moment after the last keystroke, in another thread, and a check under way ends at the next one. What
needs no check, such as completion, is answered at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from resdsl.elaborate.linking import Module
from resdsl.refusal import Refused
from resdsl.server.checking import Checker
from resdsl.server.completion import completion, known_ops
from resdsl.server.edits import formatting, quick_fixes
from resdsl.server.hints import hints, lenses
from resdsl.server.hover import hover
from resdsl.server.open_text import OpenText
from resdsl.server.outline import outline
from resdsl.server.positions import Encoding
from resdsl.server.preferences import Preferences
from resdsl.server.records import (
    completion_item,
    diagnostic,
    diagnostics,
    document_symbol,
    location,
    range_of,
    text_edits,
)
from resdsl.server.renaming import NotRenamed, refuse_half_known, refuse_renaming, renamed
from resdsl.server.symbols import Symbol, declarations, references, symbol_at
from resdsl.source import Span
from resdsl.version import __version__

_PATIENCE = 1.0
"""Seconds that an answer about a text waits for its check before it is given from the check before."""


class ResdslServer(LanguageServer):
    """The server: the open texts, and what the user has set."""

    def __init__(self) -> None:
        super().__init__("resdsl", __version__, max_workers=2)
        self.preferences = Preferences()
        self.texts: dict[str, OpenText] = {}
        self.pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="check")

    @property
    def encoding(self) -> Encoding:
        """How the editor counts within lines."""
        return cast(Encoding, str(getattr(self.workspace.position_encoding, "value", "utf-16")))

    def text(self, uri: str) -> OpenText:
        """The text at an address; an empty one if the editor has not opened it, or has closed it meanwhile."""
        known = self.texts.get(uri)
        if known is not None:
            return known
        return OpenText(uri, _path_of(uri), Checker(self._import_folders, self._open_text), self.encoding)

    @property
    def _import_folders(self) -> tuple[Path, ...]:
        return tuple(Path(folder) for folder in self.preferences.import_path)

    def _open_text(self, path: Path) -> str | None:
        return next((text.layout.whole.text for text in list(self.texts.values()) if text.path == path), None)

    def changed(self, uri: str, version: int | None, *, at_once: bool = False) -> None:
        """Take the text that the editor has now, and check it soon."""
        text = self.texts[uri] = self.text(uri)
        text.change(self.workspace.get_text_document(uri).source, version)
        self.check_soon([text, *self.importers(text)], 0.0 if at_once else self.preferences.delay / 1000)

    def check_soon(self, texts: Iterable[OpenText], delay: float = 0.0) -> None:
        """Check texts after some seconds."""
        for text in texts:
            text.check_soon(delay, self.preferences.points, self.pool, self.publish, self.failed)

    def importers(self, text: OpenText) -> list[OpenText]:
        """The other open texts that import this one."""
        path = text.path
        return [each for each in self.others(text) if path is not None and each.checker.reads(path)]

    def connected(self, text: OpenText) -> list[OpenText]:
        """The text, and the other open texts that it imports or that import it."""
        imported = [each for each in self.others(text) if each.path is not None and text.checker.reads(each.path)]
        return [text, *imported, *self.importers(text)]

    def publish(self, text: OpenText) -> None:
        """Tell the editor what was found in a text, and to ask again for what depends on it."""
        if self.texts.get(text.uri) is not text:
            return
        found = diagnostics(text, self.encoding)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(text.uri, found, text.version))
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)
        if workspace is not None and workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    def failed(self, text: OpenText, error: Exception) -> None:
        """Tell the user of an error that is no problem of a text."""
        what = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"resdsl: {text.uri}: {what}"))

    def prefer(self, given: object) -> None:
        """Take settings from the editor, and tell the user of those that cannot be taken."""
        own = given.get("resdsl", given) if isinstance(given, dict) else given
        self.preferences, wrong = self.preferences.changed(own)
        for text in self.texts.values():
            text.checker.look_in(self._import_folders)
        for each in wrong:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"resdsl: {each}"))

    def offset(self, text: OpenText, position: types.Position) -> int:
        """The offset of a place that the editor names."""
        return text.positions.offset(position.line, position.character)

    def others(self, text: OpenText) -> list[OpenText]:
        """The other open texts."""
        return [each for each in self.texts.values() if each is not text]

    def modules(self, text: OpenText) -> list[Module]:
        """The files in which a name of a text may stand: all that are open, and what they import."""
        found: dict[Path | int, Module] = {}
        for each in (text, *self.others(text)):
            if each.checkup.module is not None:
                found[each.path or id(each)] = each.checkup.module
        for module in list(found.values()):
            for named in module.names.values():
                if isinstance(named, Module) and named.source.path is not None:
                    found.setdefault(named.source.path, named)
        return list(found.values())

    def symbol(self, text: OpenText, position: types.Position) -> tuple[Symbol, Span] | None:
        """What the name at a place means."""
        view = text.view
        return symbol_at(view, self.offset(text, position)) if view is not None else None

    def locations(self, spans: list[Span], text: OpenText) -> list[types.Location]:
        """Where spans are, without those that are gone."""
        found = [location(span, text, self.others(text), self.encoding) for span in spans]
        return [each for each in found if each is not None]


def _path_of(uri: str) -> Path | None:
    """The file at an address; None if it is none that the system could have."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    try:
        return Path(path).resolve() if path else None
    except (OSError, RuntimeError, ValueError):
        return None


def language_server() -> ResdslServer:
    """A server that answers all that it can; `start_io` runs it."""
    server = ResdslServer()
    for register in (_texts, _reading, _naming, _writing):
        register(server)
    return server


def _texts(server: ResdslServer) -> None:
    """Texts are opened, changed and closed, and settings made."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        if params.initialization_options is not None:
            server.prefer(params.initialization_options)
        known_ops()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri, params.text_document.version, at_once=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        text = server.texts.get(params.text_document.uri)
        server.check_soon([text] if text is not None else [])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(_: types.DidChangeWatchedFilesParams) -> None:
        server.check_soon(server.texts.values())

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        text = server.texts.pop(params.text_document.uri, None)
        if text is not None:
            text.close()
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(text.uri, []))
            server.check_soon(server.importers(text))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(params: types.DidChangeConfigurationParams) -> None:
        server.prefer(params.settings)
        server.check_soon(server.texts.values())

    @server.feature(types.SHUTDOWN)
    def stopped(_: Any) -> None:
        for text in server.texts.values():
            text.close()


def _reading(server: ResdslServer) -> None:
    """What is shown of a text: hover, hints, lenses and outline."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: types.HoverParams) -> types.Hover | None:
        text = server.text(params.text_document.uri)
        await text.settled(_PATIENCE)
        found = hover(text.layout, text.checkup, server.offset(text, params.position))
        if found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(content, range_of(text.positions, found.start, found.end))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def on_hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        text, own = server.text(params.text_document.uri), server.preferences
        await text.settled(_PATIENCE)
        start, end = server.offset(text, params.range.start), server.offset(text, params.range.end)
        found = hints(text.layout, text.checkup, start, end, shapes=own.shapes, shares=own.shares)
        return [
            types.InlayHint(types.Position(*text.positions.position(each.offset)), each.text, padding_left=True)
            for each in found
        ]

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def on_lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        text = server.text(params.text_document.uri)
        await text.settled(_PATIENCE)
        found = lenses(text.layout, text.checkup) if server.preferences.lens else []
        return [
            types.CodeLens(range_of(text.positions, each.offset, each.offset), types.Command(each.text, ""))
            for each in found
        ]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        text = server.text(params.text_document.uri)
        return [document_symbol(each, text.positions) for each in outline(text.layout)]


def _naming(server: ResdslServer) -> None:
    """What names mean: definition, references, rename."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> list[types.Location]:
        text = server.text(params.text_document.uri)
        found = server.symbol(text, params.position)
        return server.locations(declarations(found[0]), text) if found is not None else []

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(params: types.ReferenceParams) -> list[types.Location]:
        text = server.text(params.text_document.uri)
        found = server.symbol(text, params.position)
        if found is None:
            return []
        spans = references(found[0], server.modules(text))
        own = set() if params.context.include_declaration else set(declarations(found[0]))
        return server.locations([span for span in spans if span not in own], text)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def on_prepare(params: types.PrepareRenameParams) -> types.Range | None:
        text = server.text(params.text_document.uri)
        found = server.symbol(text, params.position)
        if found is None:
            return None
        try:
            refuse_renaming(found[0])
        except NotRenamed as refusal:
            raise _refused(refusal) from None
        place = text.layout.place(found[1])
        return range_of(text.positions, *place) if place is not None else None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def on_rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        text = server.text(params.text_document.uri)
        concerned = server.connected(text)
        for one in concerned:
            await one.settled(_PATIENCE)
        found = server.symbol(text, params.position)
        if found is None:
            return None
        try:
            refuse_half_known(concerned)
            spans = renamed(found[0], params.new_name, server.modules(text))
        except NotRenamed as refusal:
            raise _refused(refusal) from None
        changes: dict[str, list[types.TextEdit]] = {}
        for each in server.locations(spans, text):
            changes.setdefault(each.uri, []).append(types.TextEdit(each.range, params.new_name))
        return types.WorkspaceEdit(changes)


def _refused(refusal: NotRenamed) -> JsonRpcException:
    return JsonRpcException(str(refusal), code=types.LSPErrorCodes.RequestFailed.value)


def _writing(server: ResdslServer) -> None:
    """What is written into a text: completion, formatting, quick fixes."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", ",", "=", "(", ":", '"', " "])
    )
    def on_completion(params: types.CompletionParams) -> types.CompletionList:
        text = server.text(params.text_document.uri)
        offset = server.offset(text, params.position)
        found = completion(text.layout, text.checkup.module, offset)
        within = range_of(text.positions, found.start, offset)
        items = [completion_item(each, within, order) for order, each in enumerate(found.proposals)]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def on_formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        text = server.text(params.text_document.uri)
        return text_edits(formatting(text.layout.whole.text), text.positions)

    @server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)
    def on_range_formatting(params: types.DocumentRangeFormattingParams) -> list[types.TextEdit]:
        text = server.text(params.text_document.uri)
        start, end = server.offset(text, params.range.start), server.offset(text, params.range.end)
        return text_edits(formatting(text.layout.whole.text, start, end), text.positions)

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])
    )
    async def on_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        text = server.text(params.text_document.uri)
        await text.settled(_PATIENCE)
        start, end = server.offset(text, params.range.start), server.offset(text, params.range.end)
        return [
            types.CodeAction(
                title=each.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[diagnostic(each.problem, text, server.encoding)],
                edit=types.WorkspaceEdit({text.uri: text_edits([each.edit], text.positions)}),
                is_preferred=True,
            )
            for each in quick_fixes(text.layout, text.checkup.problems, start, end)
        ]
