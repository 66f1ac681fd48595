"""How near a name must be to be suggested."""

from __future__ import annotations

import pytest

from resdsl.diagnostics.suggest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("written", "known", "near"),
    [
        ("a", "b", False),
        ("ab", "ac", True),
        ("ab", "cd", False),
        ("conv", "cony", True),
        ("conv", "coat", False),
        ("stride", "strxxe", True),
        ("stride", "strxxx", False),
        ("downsample", "downsaxxxe", True),
        ("downsample", "downsxxxxe", False),
    ],
)
def test_a_third_of_the_letters_may_differ_one_in_a_short_name_none_in_a_letter(
    written: str, known: str, near: bool
) -> None:
    assert (nearest(written, [known]) == known) is near


def test_the_only_name_that_begins_what_was_written_is_near_from_three_letters_on() -> None:
    assert nearest("padding", ["pad"]) == "pad"
    assert nearest("padding", ["pa"]) is None
    assert nearest("padding", ["pad", "padd"]) is None


@pytest.mark.parametrize(("letters", "near"), [(60, True), (61, False)])
def test_names_longer_than_anybody_means_are_not_compared(letters: int, near: bool) -> None:
    assert (nearest("x" * letters, ["x" * letters]) is not None) is near


def test_a_short_list_is_given_whole_and_a_long_one_is_not() -> None:
    twelve = [f"name_{index:02}" for index in range(12)]
    assert did_you_mean("zzz", twelve) == "available: " + ", ".join(f"`{name}`" for name in twelve)
    assert did_you_mean("zzz", [*twelve, "name_12"]) is None
    assert did_you_mean("zzz", []) is None
