"""The records: equality, hashes and copies of bodies."""

from __future__ import annotations

import pickle
from copy import deepcopy

import pytest

from tests.ir.networks import Graph, basic, nested, small


def test_equal_bodies_are_equal_and_have_one_hash() -> None:
    one, other = basic.__wrapped__((8, 4, 4), 8), basic.__wrapped__((8, 4, 4), 8)
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert one != basic((8, 4, 4), 4)
    assert one != "basic"


def test_comparing_deep_bodies_takes_as_long_as_there_are_bodies() -> None:
    assert nested(60) == nested(60)
    assert nested(60) != nested(59)


def test_copy_with_another_field_forgets_what_the_body_remembered() -> None:
    body = basic((8, 4, 4), 4)
    assert (body.shape, hash(body)) == ((4, 4, 4), hash(body))
    graph = Graph(input=(8, 4, 4))
    graph.layer("maxpool", name="maxpool", kernel=2, stride=2, pad=0)
    other = body.replace(nodes=tuple(graph.nodes), output="maxpool")
    assert other.shape == (8, 2, 2)
    assert other != body
    assert hash(other) == hash(graph.body("basic", width=4, stride=1))


@pytest.mark.parametrize("copied", [deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_are_equal(copied: object) -> None:
    network = small()
    hash(network)
    assert callable(copied)
    other = copied(network)
    assert other == network
    assert hash(other) == hash(network)


def test_pickles_hold_no_hashes() -> None:
    body = basic((8, 4, 4), 8)
    hash(body)
    assert b"_hash" not in pickle.dumps(body)
