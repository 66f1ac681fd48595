"""`resdsl ops` and `resdsl blocks`: what can be applied."""

from __future__ import annotations

import json

from resdsl.elaborate.linking import standard_library
from resdsl.ops.registry import ops
from resdsl.ops.signature import signature
from resdsl.printer.library import library_definitions
from tests.cli.running import Command


def test_every_op_is_listed_with_its_parameters_and_a_line(resdsl: Command) -> None:
    listed = resdsl("ops").out.splitlines()
    assert [line.partition("(")[0] for line in listed[::2]] == list(ops())
    assert all(line.startswith("  ") and len(line) > 8 for line in listed[1::2])
    assert 'fc(out, bias=true, init="uniform", std=...)' in listed
    assert "relu" in listed


def test_defaults_are_written_as_in_the_language() -> None:
    assert signature(ops()["bn"]) == "bn(eps=1e-5, momentum=0.1, init=1)"


def test_an_op_that_is_named_is_explained(resdsl: Command) -> None:
    assert resdsl("ops", "maxpool").out.startswith("maxpool(kernel, ")
    assert "`maxpool 3x3, /2`" in resdsl("ops", "maxpool").out


def test_an_unknown_op_gets_a_suggestion(resdsl: Command) -> None:
    assert resdsl("ops", "linear").err.endswith("Error: unknown op 'linear'; here it is called `fc`\n")
    assert resdsl("ops", "maxpol").err.endswith("Error: unknown op 'maxpol'; did you mean `maxpool`?\n")
    assert resdsl("ops", "zzzzz").err.endswith("Error: unknown op 'zzzzz'; `resdsl ops` lists all\n")
    assert resdsl("blocks", "basik").code == 2


def test_every_block_and_shortcut_is_listed_with_a_line(resdsl: Command) -> None:
    listed = resdsl("blocks").out.splitlines()
    assert {line.split()[1].partition("(")[0] for line in listed[::2]} == {*standard_library()}
    assert all(line.startswith("  ") and len(line) > 20 for line in listed[1::2])
    assert "block basic(width, stride = 1)" in listed


def test_a_block_that_is_named_is_shown_as_it_is_written(resdsl: Command) -> None:
    out = resdsl("blocks", "plain", "B").out
    assert "block plain(width, stride = 1) {\n  conv 3x3, width, /stride; norm; act\n" in out
    assert out.endswith("shortcut B { if changes { conv 1, out, /stride; norm } }\n")


def test_json_has_the_same(resdsl: Command) -> None:
    listed = json.loads(resdsl("ops", "--format", "json").out)
    assert [each["name"] for each in listed] == list(ops())
    (found,) = json.loads(resdsl("blocks", "bottleneck", "--format", "json").out)
    (same,) = [each for each in library_definitions() if each.name == "bottleneck"]
    assert found == {key: getattr(same, key) for key in ("kind", "name", "signature", "summary", "file", "text")}
