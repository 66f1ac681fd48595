"""The names of points in a few bytes: each is found again, and none is taken for another."""

from __future__ import annotations

import pytest

from resdsl.sweeps import names as module
from resdsl.sweeps.names import Names

MANY = 20_000


def test_each_name_is_found_where_it_was_given_first() -> None:
    texts = [f"net-n={index}" for index in range(MANY)]
    names = Names(texts.__getitem__)
    assert [names.first(text, index) for index, text in enumerate(texts)] == list(range(MANY))
    assert [names.first(text, MANY + index) for index, text in enumerate(texts)] == list(range(MANY))


def test_names_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WIDTH", 1)
    texts = [f"{index}" for index in range(300)]
    names = Names(texts.__getitem__)
    assert [names.first(text, index) for index, text in enumerate(texts)] == list(range(300)), "there are 256 hashes"
    assert [names.first(text, 300) for text in texts] == list(range(300))


def test_a_name_may_hold_any_character() -> None:
    texts = ["\ud800", "\N{RIGHTWARDS ARROW}", ""]
    names = Names(texts.__getitem__)
    assert [names.first(text, index) for index, text in enumerate(texts)] == [0, 1, 2]


def test_a_name_takes_few_bytes() -> None:
    texts = [f"a-rather-long-name-of-a-point-{index}" for index in range(MANY)]
    names = Names(texts.__getitem__)
    for index, text in enumerate(texts):
        names.first(text, index)
    slots = names._hashes
    assert 2 * slots.itemsize * len(slots) <= 48 * MANY
