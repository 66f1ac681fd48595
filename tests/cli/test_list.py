"""`resdsl list`: the residual family first, the zoo on request, and networks by name."""

from __future__ import annotations

import json

import pytest

from resdsl.catalogue import networks_of
from resdsl.resources import shipped_specs, zoo_specs
from tests.cli.running import Command

RESIDUAL = [name for path in shipped_specs() for name in networks_of(path)]
ZOO = [name for path in zoo_specs() for name in networks_of(path)]


def listed(resdsl: Command, *words: str) -> list[str]:
    """The names of the networks that are listed."""
    return [row["name"] for row in json.loads(resdsl("list", *words, "--format", "json").out)]


def test_the_residual_family_is_listed_and_the_rest_mentioned(resdsl: Command) -> None:
    out = resdsl("list").out
    assert [line.split()[0] for line in out.split("\n\n")[0].splitlines()[1:]] == RESIDUAL
    (line,) = (line for line in out.splitlines() if "--all" in line)
    assert all(path.stem in line for path in zoo_specs() if networks_of(path))


@pytest.mark.zoo
def test_all_lists_the_zoo_after_the_residual_family(resdsl: Command) -> None:
    assert listed(resdsl, "--all") == [*RESIDUAL, *ZOO]


def test_networks_are_listed_by_their_names_and_those_of_their_files(resdsl: Command) -> None:
    assert listed(resdsl, "mobilenet_v3", "vgg11", "resnet18") == [
        "resnet18",
        "mobilenet_v3_small",
        "mobilenet_v3_large",
        "vgg11",
    ]


def test_an_unknown_name_is_refused_with_a_suggestion(resdsl: Command) -> None:
    ended = resdsl("list", "vgg11", "mobilenet_v9")
    assert ended.code == 2
    assert "no shipped network is called `mobilenet_v9`; did you mean `mobilenet_v2`?" in ended.err


def test_a_path_is_no_name(resdsl: Command) -> None:
    assert "called `specs/vgg19.res`" in resdsl("list", "specs/vgg19.res").err


def test_studies_have_no_networks_to_list(resdsl: Command) -> None:
    for word in ("vgg11", "--all"):
        ended = resdsl("list", "--studies", word)
        assert (ended.code, "--studies lists sweeps" in ended.err) == (2, True)


def test_names_of_the_zoo_hide_no_others() -> None:
    assert len({*RESIDUAL, *ZOO}) == len(RESIDUAL) + len(ZOO)
