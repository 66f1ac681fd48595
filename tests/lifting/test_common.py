"""Parameters of lifted networks: what all layers have in common, and not what some of them have."""

from __future__ import annotations

import pytest

from resdsl.lifting.common import with_classes, with_common_arguments

BLOCKS = ("basic", "bottleneck", "preact_basic")


def test_what_all_calls_say_is_a_parameter() -> None:
    lines = ["stage a: bottleneck(64, groups=32) x 3", "stage b: bottleneck(128, groups=32) x 4, /2"]
    parameters, written = with_common_arguments(lines, BLOCKS, ["act"])
    assert parameters == ["groups = 32"]
    assert written == [line.replace("groups=32", "groups=groups") for line in lines]


@pytest.mark.parametrize(
    ("lines", "definitions"),
    [
        (["preact_basic(32, drop=0.3)", "preact_basic(64, drop=0.3)"], ["block unit { conv 3x3, 8; dropout 0.3 }"]),
        (["preact_basic(32, drop=0.3)", "dropout 0.3", "preact_basic(64, drop=0.3)"], []),
        (["basic(32, groups=4)", "unit(32, groups=4)", "basic(64, groups=4)"], []),
        (["basic(32, groups=4)", "basic(64, groups=4)"], ["block unit { conv 3x3, 8, groups=4 }"]),
    ],
)
def test_what_stands_elsewhere_as_well_is_none(lines: list[str], definitions: list[str]) -> None:
    assert with_common_arguments(lines, BLOCKS, [], definitions) == ([], lines)


@pytest.mark.parametrize("other", ["dropout 0.5", "block unit { conv 3x3, 8, groups=40 }"])
def test_another_number_elsewhere_does_not_matter(other: str) -> None:
    calls = ["preact_basic(32, drop=0.3, groups=4)", "preact_basic(64, drop=0.3, groups=4)"]
    assert with_common_arguments(calls, BLOCKS, [], [other])[0] == ["drop = 0.3", "groups = 4"]


def test_classes_are_those_of_the_only_head() -> None:
    assert with_classes(["avgpool global", "fc 10"]) == (["classes = 10"], ["avgpool global", "fc classes"])
    assert with_classes(["fc 100; act", "fc 10"])[0] == ["classes = 10"]
    assert with_classes(["a: fc 10; tap a", "from v1; b: fc 10"])[0] == []
