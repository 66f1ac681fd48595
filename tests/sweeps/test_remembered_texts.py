"""What a session remembers changes nothing: random texts, built in one session and in a session for each point."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings

from resdsl.compiler import Spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.ir.json import to_json
from resdsl.ir.network import Network
from resdsl.settings import overrides_of
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep
from tests.sweeps.reading import spec_of
from tests.sweeps.texts import BLOCKS, Text, texts


def outcome(spec: Spec, name: str, values: dict[str, str]) -> tuple[Network | None, str]:
    """The network with its bytes, its warnings and its checks; or what is wrong, as it is told."""
    try:
        built = spec.build(name, overrides_of(values))
    except SpecError as error:
        return None, str(error)
    return built.network, f"{to_json(built.network)}\n{draw_all(built.warnings)}\n{built.checks}"


def of_two(body: str, *points: dict[str, str], of: str = "m = 2") -> Text:
    """A text with one network, and its points."""
    text = f"{BLOCKS}network base({of}) {{ input 3x8x8\n{body}\n}}\n"
    return Text(text, ("base",), tuple(("base", point) for point in points))


M = "m = 2"
WRITTEN = (
    # Repeats that never settle, and those that do; settings of a stage; what is read of a list.
    of_two("stage s: grows(4) x m", {"m": "2"}, {"m": "3"}, {"m": "4"}),
    of_two(
        "stage s: plain(4) x 2, act=a\nfc m", {"m": "1", "a": "relu"}, {"a": "silu"}, {"a": "relu"}, of=f"{M}, a = gelu"
    ),
    of_two("conv 1x1, d[0]\nstage s: plain(d[1]) x m", {"m": "2"}, {"m": "3"}, of=f"{M}, d = [4, 8]"),
    of_two("conv 1x1, m\nconv 1x1, d[0]\nfc d[1]", {"d": "[4, 4, 4]"}, {"d": "[4, 4]"}, of=f"{M}, d = [4, 8]"),
    of_two("stage s: plain(4) x m; norm; act", {"act": "gelu"}, {"act": "relu"}, {"norm": "none"}, {"shortcut": "C"}),
    # Blocks within blocks; numbers of blocks; values that are dead.
    of_two("deep(4, more=m)", {"m": "30"}, {"m": "38"}, {"m": "45"}),
    of_two("stage s: deep(4, more=m) x 2", {"m": "30"}, {"m": "45"}),
    of_two("deep(4, more=3)\nresidual { sleepy 4 }\ndeep(4, more=m)", {"m": "36"}, {"m": "38"}),
    of_two("stage s: dead(4) x m\nsleepy 8", {"m": "1"}, {"m": "2"}, {}),
    of_two("sleepy 8; dead 4; conv 1x1, m", {"m": "1"}, {"m": "2"}, {}),
    of_two("stage s: plain(4) x m\nstage t: spread(4, rates=[block_index / block_count]) x 2", {"m": "1"}, {"m": "3"}),
    # The same flow, and other paths, channels, statements about shapes, strides, roles, names.
    of_two("as y; if m == 2 { conv 1x1, 4 }\nfrom y; conv 1x1, 8; norm", {"m": "2"}, {"m": "1"}),
    of_two("conv 1x1, 8; conv 1x1, channels", {"input": "4x8x8"}, {"input": "5x8x8"}, {}),
    of_two("avgpool global; fc m -> 2", {"input": "3x4x4"}, {}, {"m": "3", "input": "3x4x4"}),
    of_two("loud 8; conv 1x1, m", {"m": "3"}, {"m": "4"}),
    of_two(
        "if m == 2 { c: conv 3x3, 3, /2 } else { c: conv 5x5, 3, pad=0 }\nresidual { conv 1x1, 6; norm }",
        {"m": "2"},
        {"m": "1"},
        of=f"{M}, shortcut = B",
    ),
    of_two("gate { conv 1x1, channels }\nconv 1x1, m; loud 8", {}, {"m": "8"}),
    of_two("as y; conv 3x3, 3; as z; conv 1x1, m; from add(y, z); relu", {"m": "3"}, {"m": "4"}),
    of_two("as y; if m == 1 { conv1: conv 3x3, 3 }\nfrom y; conv 1x1, 3", {"m": "2"}, {"m": "1"}),
    of_two("let v = 2 * m\nconv 3x3, v; dropout r", {"r": "0.1"}, {"r": "0.2"}, {"m": "3"}, of=f"{M}, r = 0"),
    # One zero; where a setting was given.
    of_two('let z = s * (0.5 - 0.5)\nstage a "z is {z}": plain(4)', {"s": "-1"}, {"s": "1"}, {"s": "0.5"}, of="s = 0"),
    of_two('stage a "r is {r}": plain(4)', {"r": "-0.0"}, {"r": "0.0"}, {"r": "0"}, of="r = 0.5"),
    of_two(
        "stage a: basic(8, shortcut=A) x m\nstage b: basic(w, shortcut=A) x m",
        {"w": "8"},
        {"w": "4"},
        of=f"{M}, w = 16",
    ),
    of_two(
        "stage a: basic(8, shortcut=odd) x m\nstage b: choosy(w, shortcut=bn) x m",
        {"w": "8"},
        {"w": "4"},
        of=f"{M}, w = 16",
    ),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(texts())
def test_every_point_is_as_a_new_session_builds_it(case: Text) -> None:
    compare(case)


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.text.partition("{ input 3x8x8\n")[2][:40])
def test_points_that_share_much_are_as_a_new_session_builds_them(case: Text) -> None:
    assert any(network is not None for network in compare(case))


def compare(case: Text) -> list[Network | None]:
    """Hold what one session makes of all points against what a session for each makes of them."""
    shared = spec_of(case.text)
    found = []
    for name, values in (*case.points, *reversed(case.points)):
        # The same definitions: what a new session knows less is what was built of them.
        alone = Spec(shared.module, shared.warnings)
        here = outcome(shared, name, values)
        assert here == outcome(alone, name, values), (name, values)
        found.append(here[0])
    return found


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(texts())
def test_networks_of_a_sweep_are_as_a_new_session_builds_them(case: Text) -> None:
    name = case.networks[-1]
    over = "over m = [1, 2, 3], depths = [[1, 2], [2, 1]]" if name == "base" else "over depths = [[1, 2], [2, 1]]"
    text = f"{case.text}sweep s {{ network {name}; {over}, act = [relu, gelu] }}\n"
    sweep = spec_of(text).sweep("s")
    for point, network in until_one_fails(sweep):
        values = {name: point.texts[name] for name, _ in point.parameters}
        alone = spec_of(case.text).build(name, overrides_of(values)).network
        assert bare(alone) == bare(network)
        assert sweep.network(point) == network


def until_one_fails(sweep: Sweep) -> Iterator[tuple[Point, Network]]:
    with suppress(SpecError):
        yield from sweep.built()


def bare(network: Network) -> str:
    """A network without what is stated about it, which has its places in another text."""
    return to_json(network.replace(expectations=()))


def test_the_number_of_all_blocks_is_known_at_the_top_alone() -> None:
    """A body that is built once for all networks must not hold a number that each has for itself."""
    text = "block st(width, r = 0) { conv 3x3, width; dropout r }\n"
    text += "block nest(width) { stage a: st(width, r=0.5 / block_count) x 2 }\n"
    text += "network t(n = 2) { input 3x8x8\nstage a: st(4, r=0.5 / block_count) x n\nnest 8 }"
    with pytest.raises(SpecError) as caught:
        spec_of(text).build("t")
    (problem,) = caught.value.problems
    assert (problem.code, problem.span and problem.span.text) == ("RES200", "block_count")
