"""Names of other libraries: what they are called here exists, and is said."""

from __future__ import annotations

import pytest

import resdsl.elaborate.functions  # noqa: F401 - it fills FUNCTIONS
from resdsl.elaborate.errors import synonyms
from resdsl.elaborate.linking import standard_library
from resdsl.elaborate.scope import FUNCTIONS
from resdsl.ops.registry import ops

OF_LANGUAGE = {*ops(), *FUNCTIONS, *standard_library()}
KNOWN = {*OF_LANGUAGE, "true", "false", "none"}


@pytest.mark.parametrize("other", sorted(synonyms.same_names()))
def test_what_a_name_is_called_here_exists(other: str) -> None:
    said = synonyms.name_instead(other, OF_LANGUAGE)
    assert said is not None
    assert said.partition(",")[0] == f"here it is called `{synonyms.same_names()[other]}`"
    assert synonyms.same_names()[other] in KNOWN


@pytest.mark.parametrize("written", ["Linear", "nn.Linear", "torch.nn.Linear", "linear", "LINEAR", "Dense"])
def test_case_and_prefix_do_not_matter(written: str) -> None:
    assert synonyms.name_instead(written, OF_LANGUAGE) == "here it is called `fc`"


@pytest.mark.parametrize("written", ["BatchNorm1d", "BatchNorm2d", "batch_norm", "BatchNormalization"])
def test_the_number_of_axes_does_not_matter(written: str) -> None:
    assert synonyms.name_instead(written, OF_LANGUAGE) == "here it is called `bn`"


def test_a_name_that_is_not_known_here_is_not_said() -> None:
    assert synonyms.name_instead("linear", ["conv"]) is None
    assert synonyms.name_instead("my_block", OF_LANGUAGE) is None
    assert synonyms.argument_instead("out_channels", ["kernel"]) is None


@pytest.mark.parametrize("parameter", sorted(synonyms._ARGUMENTS))
def test_arguments_are_those_of_something(parameter: str) -> None:
    said = f"here it is called `{parameter}`"
    assert {synonyms.argument_instead(other, [parameter]) for other in synonyms._ARGUMENTS[parameter]} == {said}
