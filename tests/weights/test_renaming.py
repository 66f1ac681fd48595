"""Names of other libraries. The folder `foreign` has those of real modules, with their sources. With the weights of
each, random statistics included, the network of resdsl gave the outputs of the module to 1e-6 of the largest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, strategies as st

import resdsl
from resdsl.ir.walk import state
from resdsl.weights.advice import advice
from resdsl.weights.fitting import Held, WeightsMismatch, mismatches
from resdsl.weights.renaming import InvalidRename, renamed_names, shipped_tables, table_of
from resdsl.weights.selected import Selected
from resdsl.weights.selection import Selection, WeightsNote

FOREIGN = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "foreign").iterdir())}


def held_of(foreign: dict[str, Any]) -> dict[str, Held]:
    """The entries of a file that the library would write."""
    shapes = {name: tuple(map(int, text.split("x"))) if text else () for name, text in foreign["tensors"].items()}
    return {name: Held("int64" if "tracked" in name else "float32", shape) for name, shape in shapes.items()}


def renamed(names: list[str], *tables: str) -> list[str]:
    return list(renamed_names({name: name for name in names}, tables).values())


# ------------------------------------------------------------------------------------------------- shipped tables


@pytest.mark.parametrize("name", FOREIGN)
def test_weights_of_the_library_fit(name: str) -> None:
    foreign = FOREIGN[name]
    network = resdsl.load(foreign["network"], **foreign["values"]).ir
    for wrapper in ("", "module."):
        held = {f"{wrapper}{key}": each for key, each in held_of(foreign).items()}
        selected = Selected(held, network, Selection(rename=(foreign["rename"],)))
        assert mismatches(selected.held, selected.wanted) == []
        assert set(dict(state(network))) - set(selected.names) <= {key for key in selected.wanted if "tracked" in key}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_table_is_found(name: str) -> None:
    foreign = FOREIGN[name]
    found = advice({"": held_of(foreign)}, "", resdsl.load(foreign["network"], **foreign["values"]).ir)
    assert found is not None
    assert found.drawn == 0
    assert found.selection == Selection(rename=(found.selection.rename[0],))
    same = {"akamaster", "kuangliu"}  # both call the classifier `linear`, and nothing else differs
    assert found.selection.rename[0] == foreign["rename"] or {found.selection.rename[0], foreign["rename"]} <= same


def test_every_shipped_table_is_tried() -> None:
    assert {foreign["rename"] for foreign in FOREIGN.values()} == set(shipped_tables())


def test_backbone_of_a_detector_fits_in_part() -> None:
    foreign = FOREIGN["detectron2"]
    body = {f"backbone.bottom_up.{key}": each for key, each in held_of(foreign).items() if "linear" not in key}
    more = {name: Held("float32", (9,)) for name in ("backbone.fpn_lateral2.bias", "roi_heads.a.weight")}
    found = advice({"model": body | more}, "model", resdsl.load("backbone").ir)
    assert found is not None
    assert found.command == "--rename detectron2 --ignore backbone --ignore roi_heads"


# ------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("a -> b", ["a.weight", "a", "ab.weight", "c.a"], ["b.weight", "b", "ab.weight", "c.a"]),
        ("backbone ->", ["backbone.a.b", "c"], ["a.b", "c"]),
        ("{first} -> net.{first}", ["a.b", "c"], ["net.a.b", "net.c"]),
        ("res{n}.{b} -> layer{n-1}.{b}", ["res2.0.a", "res12.3"], ["layer1.0.a", "layer11.3"]),
        ("b{n}.x -> {n+10}.{n}", ["b1.x.w"], ["11.1.w"]),
        ("a.b.weight -> c", ["a.b.weight", "a.b.bias"], ["c", "a.b.bias"]),
        ("a*b -> c", ["a*b.w"], ["c.w"]),
        ("block{n}.block{n2}-{i} -> {n}.{i}", ["block1.block1-0.w"], ["1.0.w"]),
    ],
)
def test_what_a_rule_does(rule: str, before: list[str], after: list[str]) -> None:
    assert renamed(before, rule) == after


def test_rules_follow_each_other(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("# first\n\na -> b  # then\nb.x -> c\n? d -> e\n", encoding="utf-8-sig")
    assert renamed(["a.x", "a.y"], str(tmp_path / "names.txt")) == ["c", "b.y"]
    assert renamed(["a.x", "a.y"], "a -> b", "b -> {}".format("d")) == ["d.x", "d.y"]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (["b -> c"], "`b -> c` matches no tensor of the file; begin it with `?` if it need not"),
        (["? b -> c"], "`? b -> c` renames nothing in the file; leave it out"),
        (["a -> a"], "`a -> a` renames nothing in the file; leave it out"),
        (["a.x -> c", "a.y -> c"], "`a.y -> c` gives the name `c` to two tensors: `a.x` and `a.y`"),
        (["a.x ->"], "`a.x ->` leaves nothing of `a.x`; use ignore to leave it out"),
        (["{n} -> {n+1}"], "`{n} -> {n+1}` cannot count from `a`, which `a` has there"),
        (["kuangliu"], "`linear -> fc` matches no tensor of the file; begin it with `?` if it need not"),
        (["-> b"], "the rule: expected `PATTERN -> REPLACEMENT`, found `-> b`"),
        (["{n}{m} -> {n}"], "the rule: `{n}{m} -> {n}` has nothing between two names in braces on the left"),
        (["{n}.{n} -> {n}"], "the rule: `{n}.{n} -> {n}` has a name in braces twice on the left"),
        (["a -> {n}"], "the rule: `a -> {n}` has `{n}` on the right alone"),
        (["a..b -> c"], "the rule: `a..b -> c` has an empty component"),
        (["a -> b."], "the rule: `a -> b.` has an empty component"),
        (
            ["{n+1} -> a"],
            "the rule: `{n+1} -> a` has spaces, or braces around more than a name (or, behind the arrow, `name-1`)",
        ),
        (
            ["{a}x{b}x{c}x{d}.e -> e"],
            "the rule: `{a}x{b}x{c}x{d}.e -> e` has more than 3 names in braces between two dots on the left",
        ),
        (["a" * 301 + " -> b"], "the rule: a pattern and a replacement have at most 300 characters"),
    ],
)
def test_refused(rules: list[str], message: str) -> None:
    with pytest.raises(InvalidRename) as caught:
        renamed(["a.x", "a.y"], *rules)
    assert str(caught.value) == message


def test_a_name_that_would_take_long_to_match_is_refused() -> None:
    with pytest.raises(InvalidRename, match="names of at most 1000 characters to be renamed: `xxx"):
        renamed(["x" * 1001], "{a}x{b}x{c}y -> b")


def test_a_number_below_zero_is_refused() -> None:
    with pytest.raises(InvalidRename, match="cannot count from `0`"):
        renamed(["s0.a"], "s{n} -> s{n-1}")


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    listed = ", ".join(shipped_tables())
    with pytest.raises(InvalidRename, match=f"there is no file of rules `tim`, and no table .* are: {listed}"):
        table_of("tim")
    for content, message in (
        (b"\xff\xfe", "names.txt is not UTF-8 text"),
        (b"# nothing\n", "names.txt has no rules"),
        (b"a -> b\nc d\n", "names.txt, line 2: expected `PATTERN -> REPLACEMENT`, found `c d`"),
        (b"a" * (2**20 + 1), "names.txt is larger than 1_048_576 bytes, and no table of names"),
    ):
        (tmp_path / "names.txt").write_bytes(content)
        with pytest.raises(InvalidRename, match=re.escape(message)):
            table_of(str(tmp_path / "names.txt"))


PATHS = st.lists(st.sampled_from(["a", "b1", "b2", "weight"]), min_size=1, max_size=4).map(".".join)


@given(st.sets(PATHS, min_size=1))
def test_renaming_and_back(names: set[str]) -> None:
    before = {name: name for name in sorted(names)}
    there = renamed_names(before, ["{first} -> x.{first}"])
    assert renamed_names(there, ["x ->"]) == before


# ------------------------------------------------------------------------------------------------- whole files

SPEC = "network n { input 3x8x8; conv 3x3, 4; norm; act; avgpool global; fc 2 }"


def weights() -> Iterator[tuple[str, torch.Tensor]]:
    yield from resdsl.loads(SPEC).to_torch(seed=1).state_dict().items()


def test_values_arrive_under_their_new_names(tmp_path: Path) -> None:
    foreign = {name.replace("conv1", "stem.0").replace("bn1", "stem.1"): each for name, each in weights()}
    torch.save(foreign, tmp_path / "a")
    (tmp_path / "names.txt").write_text("stem.0 -> conv1\nstem.1 -> bn1\n")
    found = resdsl.loads(SPEC).to_torch(weights=tmp_path / "a", rename=tmp_path / "names.txt").state_dict()
    assert all(torch.equal(found[name], each) for name, each in weights())
    with pytest.raises(WeightsMismatch):
        resdsl.loads(SPEC).to_torch(weights=tmp_path / "a", rename=["stem.0 -> conv1"])


def test_a_prefix_too_many_is_named_as_a_rule(tmp_path: Path) -> None:
    torch.save({f"encoder.{name}": each for name, each in weights()}, tmp_path / "a")
    with pytest.raises(WeightsMismatch) as caught:
        resdsl.loads(SPEC).to_torch(weights=tmp_path / "a")
    assert caught.value.hint == "the file fits with rename=\"encoder ->\" (--rename 'encoder ->')"


def test_a_prefix_that_the_file_lacks_is_named_as_a_rule(tmp_path: Path) -> None:
    net = resdsl.loads("block one() { conv 3x3, 4; norm; act }\nnetwork n { input 3x8x8; stage s: one() x 2 }")
    state = net.to_torch(seed=1).state_dict()
    torch.save({name.removeprefix("s."): each for name, each in state.items()}, tmp_path / "a")
    with pytest.raises(WeightsMismatch) as caught:
        net.to_torch(weights=tmp_path / "a")
    rule = "{first} -> s.{first}"
    assert caught.value.hint == f"the file fits with rename=\"{rule}\" (--rename '{rule}')"
    found = net.to_torch(weights=tmp_path / "a", rename=rule).state_dict()
    assert all(torch.equal(found[name], each) for name, each in state.items())


def test_notes_of_a_table_are_said(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("! images are upside down\na -> conv1\n")
    torch.save({name.replace("conv1", "a"): each for name, each in weights()}, tmp_path / "a")
    with pytest.warns(WeightsNote, match="^a: images are upside down$"):
        resdsl.loads(SPEC).to_torch(weights=tmp_path / "a", rename=tmp_path / "names.txt")
