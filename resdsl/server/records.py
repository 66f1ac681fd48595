"""What the server finds, in the records of the protocol."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from resdsl.diagnostics.problem import Problem
from resdsl.server.completion import Proposal
from resdsl.server.edits import TextEdit
from resdsl.server.open_text import OpenText
from resdsl.server.outline import OutlineEntry
from resdsl.server.positions import Encoding, Positions
from resdsl.source import Span
from resdsl.syntax import tree

_KINDS = {
    "keyword": types.CompletionItemKind.Keyword,
    "op": types.CompletionItemKind.Function,
    "block": types.CompletionItemKind.Class,
    "shortcut": types.CompletionItemKind.Interface,
    "network": types.CompletionItemKind.Module,
    "module": types.CompletionItemKind.Module,
    "parameter": types.CompletionItemKind.Field,
    "name": types.CompletionItemKind.Variable,
    "function": types.CompletionItemKind.Function,
    "file": types.CompletionItemKind.File,
    "path": types.CompletionItemKind.Reference,
}
_SYMBOLS = {
    "network": types.SymbolKind.Module,
    "block": types.SymbolKind.Class,
    "shortcut": types.SymbolKind.Interface,
    "sweep": types.SymbolKind.Array,
    "import": types.SymbolKind.Namespace,
    "stage": types.SymbolKind.Struct,
    "layer": types.SymbolKind.Field,
    "output": types.SymbolKind.Event,
    "name": types.SymbolKind.Variable,
}


def range_of(positions: Positions, start: int, end: int) -> types.Range:
    """A stretch of a text."""
    return types.Range(types.Position(*positions.position(start)), types.Position(*positions.position(end)))


def location(
    span: Span, text: OpenText, others: Iterator[OpenText] | list[OpenText], encoding: Encoding
) -> types.Location | None:
    """Where a span is: in the text, in another that is open, or in a file; None if it is gone."""
    for each in (text, *others):
        place = each.layout.place(span)
        if place is not None:
            return types.Location(each.uri, range_of(each.positions, *place))
    if span.source.path is None:
        return None
    path = span.source.path.resolve()
    now = next((each.layout.whole.text for each in (text, *others) if each.path == path), span.source.text)
    if now != span.source.text:
        return None
    return types.Location(path.as_uri(), range_of(Positions(span.source.text, encoding), span.start, span.end))


def diagnostics(text: OpenText, encoding: Encoding) -> list[types.Diagnostic]:
    """The problems of a text."""
    return [diagnostic(problem, text, encoding) for problem in text.checkup.problems]


def diagnostic(problem: Problem, text: OpenText, encoding: Encoding) -> types.Diagnostic:
    """A problem, where the text is at fault: for one in a block of another file, where the text calls it."""
    related = [(label.span, label.text) for label in problem.labels]
    related += [(step.span, f"in {step.what}") for step in problem.chain]
    places = [problem.span, *(step.span for step in problem.chain)]
    own = next((at for each in places if each is not None and (at := text.layout.place(each)) is not None), None)
    if own is None and problem.span is not None:
        own = _import_of(problem.span, text)
        related.insert(0, (problem.span, problem.headline))
    words = (("found: ", problem.found), ("expected: ", problem.expected), ("help: ", problem.hint))
    lines = [problem.headline, *(f"{word}{each}" for word, each in words if each)]
    found = [(location(span, text, [], encoding), words) for span, words in related]
    return types.Diagnostic(
        range=range_of(text.positions, *(own or (0, 0))),
        message="\n".join(lines),
        severity=types.DiagnosticSeverity.Error if problem.severity == "error" else types.DiagnosticSeverity.Warning,
        code=problem.code,
        source="resdsl",
        related_information=[types.DiagnosticRelatedInformation(at, words) for at, words in found if at is not None]
        or None,
    )


def _import_of(span: Span, text: OpenText) -> tuple[int, int] | None:
    """The line that imports the file of a span."""
    for item in text.layout.file.items:
        if isinstance(item, tree.Import) and span.source.name.endswith("".join(map(str, item.path.parts))):
            return text.layout.place(item.path.span)
    return None


def completion_item(proposal: Proposal, within: types.Range, order: int) -> types.CompletionItem:
    """Something that can be written in place of a stretch of the text."""
    meaning = types.MarkupContent(types.MarkupKind.Markdown, proposal.meaning) if proposal.meaning else None
    return types.CompletionItem(
        label=proposal.text,
        kind=_KINDS[proposal.kind],
        detail=proposal.detail or None,
        documentation=meaning,
        sort_text=f"{order:04}",
        text_edit=types.TextEdit(within, proposal.text),
    )


def document_symbol(entry: OutlineEntry, positions: Positions) -> types.DocumentSymbol:
    """A part of a text, with what is in it."""
    return types.DocumentSymbol(
        name=entry.name or "_",
        kind=_SYMBOLS[entry.kind],
        range=range_of(positions, *entry.span),
        selection_range=range_of(positions, *entry.at),
        detail=entry.kind,
        children=[document_symbol(each, positions) for each in entry.within],
    )


def text_edits(edits: list[TextEdit], positions: Positions) -> list[types.TextEdit]:
    """Changes to a text."""
    return [types.TextEdit(range_of(positions, each.start, each.end), each.text) for each in edits]
