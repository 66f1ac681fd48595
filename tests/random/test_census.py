"""Every construct of the language is used by a hundred networks that agree with the interpreter in every output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from resdsl.ops.activation import Relu
from resdsl.ops.registry import ops
from tests.random import census
from tests.random.census import uses, wanted
from tests.random.generator import Drawn
from tests.random.trying import file_of, loaded, of_seed, try_network

EACH = 100
SHARES = 4
"""Parts of the census, each from seeds of its own, so that several processes can have one."""
WORTH = 6
"""A network is tried if it uses such a part of what is lacking."""
MOST_DRAWN = 4000
"""Files of a share; what all of them together use too rarely is drawn by too little."""


def test_every_construct_is_drawn() -> None:
    """In a few files, so that an op that nothing draws is missed before the whole census."""
    missing, seed = set(wanted()), 0
    while missing and seed < MOST_DRAWN:
        missing -= uses(of_seed(seed), loaded(of_seed(seed)))
        seed += 1
    assert not missing, _complaint(Counter(dict.fromkeys(set(wanted()) - missing, 1)), 1, seed)


@pytest.mark.census
@pytest.mark.parametrize("share", range(SHARES))
def test_every_construct_is_used_by_networks_that_agree(share: int, request: pytest.FixtureRequest) -> None:
    torch.set_num_threads(1)
    first = request.config.getoption("--networks-from") or 0
    failed = request.config.rootpath / "build" / "random"
    found, seeds = Counter[str](), range(first + share * MOST_DRAWN, first + (share + 1) * MOST_DRAWN)
    for seed in seeds:
        lacking = {construct for construct in wanted() if found[construct] < EACH // SHARES}
        if not lacking:
            return
        found += Counter(_agreed(seed, lacking, failed))
    pytest.fail(_complaint(found, EACH // SHARES, len(seeds)))


def _agreed(seed: int, lacking: set[str], failed: Path) -> frozenset[str]:
    """What the network of a file that uses most of what is lacking uses; where that is little, none is tried."""
    best, used = max(_of_file(seed), key=lambda each: len(each[1] & lacking))
    # To draw another file takes a tenth of the time of a trial.
    if len(used & lacking) < max(1, len(lacking) // WORTH):
        return frozenset()
    try_network(best, f"seed {seed}", failed)
    return used


def _of_file(seed: int) -> Iterator[tuple[Drawn, frozenset[str]]]:
    for network in file_of(seed):
        yield network, uses(network, loaded(network))


def _complaint(found: Counter[str], least: int, files: int) -> str:
    """What is drawn too rarely, in a sentence."""
    rare = {construct: found[construct] for construct in wanted() if found[construct] < least}
    rarest = ", ".join(f"`{construct}` by {count}" for construct, count in rare.items())
    return (
        f"in {files} files, fewer than {least} networks use what follows: {rarest}. "
        "A maker for it belongs into tests/random (`Structures.any_op` has those of ops), and into `Dense.constructs`."
    )


# ----------------------------------------------------------------------------------- the census itself


def test_an_op_that_nothing_draws_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "ops", lambda: {**ops(), "tlu": Relu})
    found = Counter(dict.fromkeys(set(wanted()) - {"op tlu"}, 1))
    assert "networks use what follows: `op tlu` by 0. A maker for it" in _complaint(found, 1, 10)


def test_what_a_text_uses_is_counted() -> None:
    text = """
block both(skip) { as x; tap inner; from [x, skip] }
block unused { split 2; as part; from concat(part) }
network n {
  input a 4x6x6
  input b 4x6x6
  from a; shared "t.0": conv 1, divisible(4, 4); as y[0][0]
  from b; shared "t.0": conv 1, divisible(4, 4); as y[0][1]
  both(skip=y[0][0]); as s
  from add(s[0], s[1])
  output "0"
}
"""
    network = Drawn(text, "n", {}, {})
    assert uses(network, loaded(network)) == {
        *("several inputs", "several outputs", "a named output", "an output with a number", "a tap within a block"),
        *("a block that reads values", "a block that yields several values", "a value indexed twice", "divisible"),
        *("a shared layer", "a label with a dot", "two axes", "op conv", "op add"),
    }
