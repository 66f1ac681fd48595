"""A session of an editor with the server, over the protocol: a network is written, broken, mended and renamed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.server.client import TypingClient, server_for

LIB = """# Two convolutions of a width.
block pair(width, stride = 1) {
  residual { conv 3x3, width, /stride; norm; act; conv 3x3, width; norm }
  act
}
"""
NET = """import "lib.res" as lib

# A small network.
network small(shortcut = B, width = 16) {
  input 3x32x32
  conv 3x3, width; norm; act
  stage s1 "conv2_x": lib.pair(width) x 2
  stage s2: lib.pair(2*width) x 2, /2 -> 32x16x16
  avgpool global
  fc 10
}

network wide = small(width = 32) { drop s2 }
"""


async def _hover(client: TypingClient, uri: str, before: str, after: str) -> str:
    answer = await client.ask(types.TEXT_DOCUMENT_HOVER, uri, client.place(uri, before, after))
    return "" if answer is None else str(answer.contents.value)


async def _labels(client: TypingClient, uri: str, before: str, after: str = "") -> list[str]:
    answer = await client.ask(types.TEXT_DOCUMENT_COMPLETION, uri, client.place(uri, before, after))
    return [item.label for item in answer.items]


def _all(client: TypingClient, uri: str) -> types.Range:
    return types.Range(types.Position(0, 0), types.Position(len(client.text(uri).split("\n")), 0))


def _applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text without any but ASCII characters after edits."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        start, end = (starts[at.line] + at.character for at in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text


async def _read(client: TypingClient, uri: str) -> None:
    """What is shown of a sound text.

    Multiply-adds: the stem 27 * 16 * 1024, s1 four convolutions of 144 * 16 * 1024, s2 144 * 32 * 256, three of
    288 * 32 * 256 and the projection 16 * 32 * 256, the head 320: s1 is 51.7% and s2 45.9% of 18,268,480.
    """
    assert await client.checked(uri) == []
    whole = _all(client, uri)
    hints = await client.ask(types.TEXT_DOCUMENT_INLAY_HINT, uri, range=whole)
    assert [(hint.position.line, hint.label) for hint in hints] == [
        (5, "→ 16x32x32"),
        (5, "→ 16x32x32"),
        (5, "→ 16x32x32"),
        (6, "→ 16x32x32 · 52% of multiply-adds"),
        (7, "46% of multiply-adds"),
        (8, "→ 32x1x1"),
        (9, "→ 10"),
    ]
    lenses = await client.ask(types.TEXT_DOCUMENT_CODE_LENS, uri)
    assert [lens.command.title.split(",")[0] for lens in lenses] == ["10 layers", "6 layers"]
    symbols = await client.ask(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, uri)
    assert [(each.name, [child.name for child in each.children]) for each in symbols] == [
        ("lib", []),
        ("small", ["s1", "s2"]),
        ("wide", []),
    ]
    assert "a convolution with as many axes" in await _hover(client, uri, "  co", "nv 3x3")
    assert "16x32x32 → 16x32x32" in await _hover(client, uri, "stage s", "1")
    assert "block pair(width, stride = 1)" in await _hover(client, uri, "lib.pa", "ir(width)")
    assert "A small network." in await _hover(client, uri, "network wide = sm", "all")
    assert "a parameter of `small`" in await _hover(client, uri, "conv 3x3, wi", "dth")
    assert await _hover(client, uri, "# A sm", "all") == ""


async def _names(client: TypingClient, uri: str, lib: str) -> None:
    """What names mean, here and in the other text."""
    found = await client.ask(types.TEXT_DOCUMENT_DEFINITION, uri, client.place(uri, "lib.pa", "ir(width)"))
    assert [(each.uri, each.range.start.line) for each in found] == [(lib, 1)]
    found = await client.ask(types.TEXT_DOCUMENT_DEFINITION, uri, client.place(uri, "drop s", "2"))
    assert [each.range.start.line for each in found] == [7]
    found = await client.ask(types.TEXT_DOCUMENT_DEFINITION, uri, client.place(uri, "small(wi", "dth = 32"))
    assert [each.range.start.line for each in found] == [3]
    for declared, count in ((True, 5), (False, 4)):
        context = types.ReferenceContext(include_declaration=declared)
        place = client.place(uri, "shortcut = B, wi", "dth")
        found = await client.ask(types.TEXT_DOCUMENT_REFERENCES, uri, place, context=context)
        assert len(found) == count
    context = types.ReferenceContext(include_declaration=True)
    found = await client.ask(types.TEXT_DOCUMENT_REFERENCES, lib, client.place(lib, "block pa", "ir"), context=context)
    assert sorted({each.uri for each in found}) == sorted({uri, lib})
    assert len(found) == 3


async def _rename(client: TypingClient, uri: str, lib: str) -> None:
    """A block is renamed in both texts; what must keep its name is refused."""
    place = client.place(lib, "block pa", "ir")
    extent = await client.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, lib, place)
    assert (extent.start.character, extent.end.character) == (6, 10)
    edit = await client.ask(types.TEXT_DOCUMENT_RENAME, lib, place, new_name="twice")
    assert _applied(client.text(lib), edit.changes[lib]) == LIB.replace("pair", "twice")
    assert _applied(client.text(uri), edit.changes[uri]) == NET.replace("pair", "twice")
    edit = await client.ask(
        types.TEXT_DOCUMENT_RENAME, uri, client.place(uri, "conv 3x3, wi", "dth"), new_name="channels_out"
    )
    assert _applied(client.text(uri), edit.changes[uri]) == NET.replace("width", "channels_out")
    refused = {"conv": "a word of the language", "s 1": "not a name", "shortcut": "a word of the language"}
    for name, reason in refused.items():
        with pytest.raises(JsonRpcException, match=reason):
            await client.ask(types.TEXT_DOCUMENT_RENAME, lib, place, new_name=name)
    with pytest.raises(JsonRpcException, match="a path"):
        await client.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, uri, client.place(uri, "stage s", "1"))
    assert await client.ask(types.TEXT_DOCUMENT_PREPARE_RENAME, uri, client.place(uri, "# A sm", "all")) is None


async def _write(client: TypingClient, uri: str) -> None:
    """A statement is typed, with completion at every step; the text is broken meanwhile."""
    end = "  fc 10\n"
    client.type(uri, "  avgpool global\n", "  dr")
    labels = await _labels(client, uri, "  avgpool global\n  dr")
    assert {"dropout", "stage", "residual"} <= set(labels)
    client.type(uri, "  avgpool global\n  dr", "opout ")
    assert "rate=" in await _labels(client, uri, "  avgpool global\n  dropout ")
    client.type(uri, "  avgpool global\n  dropout ", "(")
    problems = await client.checked(uri)
    assert [str(each.code)[:4] for each in problems] == ["RES1"]
    # The last tree that could be read still answers.
    assert "16x32x32 → 16x32x32" in await _hover(client, uri, "stage s", "1")
    lenses = await client.ask(types.TEXT_DOCUMENT_CODE_LENS, uri)
    assert len(lenses) == 2
    found = await client.ask(types.TEXT_DOCUMENT_DEFINITION, uri, client.place(uri, "lib.pa", "ir(width)"))
    assert len(found) == 1
    assert await client.ask(types.TEXT_DOCUMENT_FORMATTING, uri, options=types.FormattingOptions(2, True)) == ()
    client.replace(uri, "dropout (" + end, "dropout 0.5\n" + end)
    assert await client.checked(uri) == []
    for before, expected in {
        '  stage s1 "conv2_x": ': "lib",
        "stage s2: lib.": "pair",
        "shortcut = ": "B",
        "network wide = ": "small",
        "{ drop ": "s1",
        "lib.pair(2*": "width",
        'import "': "lib.res",
    }.items():
        assert expected in await _labels(client, uri, before), before


async def _mend(client: TypingClient, uri: str) -> None:
    """Problems are told where they are, and mended."""
    client.replace(uri, "fc 10", "fcc 10")
    problems = await client.checked(uri)
    assert [(each.code, each.range.start.line, each.range.start.character) for each in problems] == [("RES200", 10, 2)]
    assert problems[0].message.startswith("unknown name `fcc`")
    assert "RES200" in await _hover(client, uri, "  fc", "c 10")
    client.replace(uri, "fcc 10", "fc 10")
    assert await client.checked(uri) == []
    client.replace(uri, "-> 32x16x16", "-> 32x8x8")
    problems = await client.checked(uri)
    assert [each.range.start.line for each in problems] == [7]
    client.replace(uri, "-> 32x8x8", "-> 32x16x16")
    assert await client.checked(uri) == []


async def _format(client: TypingClient, uri: str) -> None:
    """A text is put into form, all of it or some lines."""
    client.replace(uri, "conv 3x3, width; norm; act", "conv   3x3,width;norm;act")
    client.replace(uri, "  fc 10", "      fc 10")
    options = types.FormattingOptions(2, True)
    edits = await client.ask(types.TEXT_DOCUMENT_FORMATTING, uri, options=options)
    formatted = _applied(client.text(uri), edits)
    assert "  conv 3x3, width; norm; act\n" in formatted
    assert "\n  fc 10\n" in formatted
    line = client.place(uri, "conv   3x3")
    some = await client.ask(types.TEXT_DOCUMENT_RANGE_FORMATTING, uri, range=types.Range(line, line), options=options)
    after = _applied(client.text(uri), some)
    assert "  conv 3x3, width; norm; act\n" in after
    assert "\n      fc 10\n" in after


async def _session(folder: Path) -> int:
    (folder / "lib.res").write_text(LIB, encoding="utf-8")
    async with server_for(folder) as client:
        lib = client.open(folder / "lib.res", LIB)
        uri = client.open(folder / "net.res", NET)
        await client.checked(lib)
        await _read(client, uri)
        await _names(client, uri, lib)
        await _rename(client, uri, lib)
        await _write(client, uri)
        await _mend(client, uri)
        await _format(client, uri)
        client.replace(lib, "conv 3x3, width, /stride", "conv 1x1, width, /stride")
        while client.requests < 60:
            assert "multiply-adds" in await _hover(client, uri, "stage s", "2")
        return client.requests


def test_a_session_of_sixty_requests(tmp_path: Path) -> None:
    assert asyncio.run(_session(tmp_path)) >= 60


async def _settings(folder: Path) -> list[str]:
    options = {"shapes": False, "delay": -1, "colour": "red", "importPath": 3}
    async with server_for(folder, options) as client:
        uri = client.open(folder / "net.res", "network n { input 3x8x8; conv 3x3, 4 }\n")
        told = [await client.message() for _ in range(3)]
        await client.checked(uri)
        assert await client.ask(types.TEXT_DOCUMENT_INLAY_HINT, uri, range=_all(client, uri)) == ()
        return told


def test_settings_that_cannot_be_taken_are_told(tmp_path: Path) -> None:
    told = asyncio.run(_settings(tmp_path))
    assert [each.split(";")[0] for each in told] == [
        "resdsl: `delay` must be an integer of at least 0",
        "resdsl: there is no setting `colour`",
        "resdsl: `importPath` must be a list of folders",
    ]


SLOW = """network slow(k) {
  input 3x64x64
  for i in 0..k { conv 3x3, 3 + i % 50; norm; act }
}
sweep many { network slow; over k = 1..900 }
"""


async def _cancelled(folder: Path) -> tuple[list[str], int]:
    async with server_for(folder) as client:
        uri = client.open(folder / "slow.res", SLOW.replace("(k)", "(k = 20000)"))
        for count in range(10):
            # Each change ends the check before it, which would take many seconds.
            client.replace(uri, f"k = {20000 + count}", f"k = {20001 + count}")
            await asyncio.sleep(0.1)
        labels = await _labels(client, uri, "  input 3x64x64\n", "")
        client.replace(uri, "k = 20010", "k = 1")
        problems = await client.checked(uri)
        return labels, len(problems)


def test_a_long_check_ends_at_the_next_keystroke(tmp_path: Path) -> None:
    labels, problems = asyncio.run(asyncio.wait_for(_cancelled(tmp_path), 60))
    assert "conv" in labels
    assert problems == 0


async def _odd(folder: Path) -> dict[str, list[str]]:
    """Texts that no editor should send, and what is said of them; every question about them gets an answer."""
    odd = {
        "empty": "",
        "nothing": "\n\n",
        "noise": "\x00\x01}{)(",
        "self": 'import "self.res" as me\n',
        "words": "x y z " * 500,
    }
    found = {}
    async with server_for(folder) as client:
        for name, text in odd.items():
            (folder / f"{name}.res").write_text(text, encoding="utf-8")
            uri = client.open(folder / f"{name}.res", text)
            found[name] = [str(each.code) for each in await client.checked(uri)]
            for method in (types.TEXT_DOCUMENT_HOVER, types.TEXT_DOCUMENT_DEFINITION, types.TEXT_DOCUMENT_COMPLETION):
                await client.ask(method, uri, types.Position(0, 3))
            for method in (types.TEXT_DOCUMENT_CODE_LENS, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL):
                await client.ask(method, uri)
            client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        item = types.TextDocumentItem("file:///%00.res", "resdsl", 1, "network a { input 3x8x8; fcc 10 }")
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        assert await client.ask(types.TEXT_DOCUMENT_DEFINITION, item.uri, types.Position(0, 3)) is not None
        assert client.messages == []
    return found


def test_odd_texts_are_answered(tmp_path: Path) -> None:
    found = asyncio.run(_odd(tmp_path))
    assert {name: bool(codes) for name, codes in found.items()} == {
        "empty": False,
        "nothing": False,
        "noise": True,
        "self": True,
        "words": True,
    }


async def _ask_of_closed_texts(folder: Path) -> None:
    """A request of a text that is not open, as one that was under way when it was closed, changes nothing."""
    (folder / "lib.res").write_text(LIB)
    async with server_for(folder) as client:
        lib, net = (folder / "lib.res").resolve().as_uri(), client.open(folder / "net.res", NET)
        assert await client.ask(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, lib) == []
        client.replace(net, "fc 10", "fc 20")
        assert await client.checked(net) == []
        assert client.open(folder / "lib.res", LIB.replace("pair", "other")) == lib
        client.replace(net, "fc 20", "fc 30")
        assert "`lib` does not define `pair`" in (await client.checked(net))[0].message
        del client.problems[net]
        client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(lib)))
        assert await client.checked(net) == []


def test_texts_that_are_not_open_are_those_of_their_files(tmp_path: Path) -> None:
    asyncio.run(_ask_of_closed_texts(tmp_path))


async def _rename_while_typing(folder: Path) -> None:
    """A name is replaced everywhere or nowhere, however soon after a keystroke and whatever is wrong."""
    async with server_for(folder) as client:
        uri = client.open(folder / "lib.res", LIB)
        await client.checked(uri)
        client.replace(uri, "; norm }", "; norm; conv 1x1, width }")
        at = client.place(uri, "block pair(", "width")
        answer = await client.ask(types.TEXT_DOCUMENT_RENAME, uri, at, new_name="out")
        assert _applied(client.text(uri), answer.changes[uri]).count("width") == 1
        client.replace(uri, "conv 1x1, width }", "conv 1x1 width }")
        with pytest.raises(JsonRpcException, match=r"lib\.res has an error that hides where the name stands"):
            await client.ask(types.TEXT_DOCUMENT_RENAME, uri, at, new_name="out")


def test_a_name_is_replaced_everywhere_or_nowhere(tmp_path: Path) -> None:
    asyncio.run(_rename_while_typing(tmp_path))


async def _change_the_folder_of_imports(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "shared" / "lib.res").write_text(LIB)
    async with server_for(folder) as client:
        uri = client.open(folder / "net.res", NET)
        assert [problem.code for problem in await client.checked(uri)] == ["RES100"]
        del client.problems[uri]
        settings = {"resdsl": {"importPath": [str(folder / "shared")]}}
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        assert await client.checked(uri) == []


def test_settings_hold_for_texts_that_are_open(tmp_path: Path) -> None:
    asyncio.run(_change_the_folder_of_imports(tmp_path))


async def _write_what_was_missing(folder: Path) -> None:
    async with server_for(folder) as client:
        uri = client.open(folder / "net.res", NET)
        assert [problem.code for problem in await client.checked(uri)] == ["RES100"]
        del client.problems[uri]
        client.open(folder / "lib.res", LIB)
        assert await client.checked(uri) == []


def test_a_missing_import_that_is_opened_is_found(tmp_path: Path) -> None:
    asyncio.run(_write_what_was_missing(tmp_path))
