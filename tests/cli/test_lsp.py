"""`resdsl lsp`: what is said where the package is missing; `tests/server` has the server."""

from __future__ import annotations

import sys

import pytest

from tests.cli.running import Command


def test_the_missing_package_is_named(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "resdsl.server.protocol", raising=False)
    monkeypatch.setitem(sys.modules, "lsprotocol", None)
    ended = resdsl("lsp")
    assert ended.code != 0
    assert ended.err == "error: the language server needs the package pygls: pip install 'resdsl[lsp]'\n"
