"""Ops of other packages, offered by entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resdsl.ops import registry
from resdsl.ops.registry import RegistryError, all_ops, op_named, ops

SQUARE = """
from typing import Literal
from resdsl.ops.activation import Relu

class Square(Relu):
    op: Literal["square"] = "square"

class Other:
    pass
"""
Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package that offers `name = target` where Python finds it."""

    def put(package: str, offer: str) -> None:
        place = tmp_path / package
        described = place / f"{package}-1.0.dist-info"
        described.mkdir(parents=True)
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{offer}\n")
        (place / f"{package}.py").write_text(SQUARE)
        monkeypatch.syspath_prepend(place)

    _forget()
    yield put
    _forget()


def _forget() -> None:
    for remembered in (registry._offered, registry._load, registry.all_ops):
        remembered.cache_clear()


def test_own_ops_are_found_without_reading_the_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget()
    monkeypatch.delattr("importlib.metadata.entry_points")
    assert {name: op_named(name) for name in ops()} == ops()
    with pytest.raises(ImportError):
        op_named("square")


def test_name_and_class_belong_together() -> None:
    assert all(op.kind() == name for name, op in all_ops().items())


def test_unknown_op() -> None:
    with pytest.raises(ValueError, match="unknown op `convolve`"):
        op_named("convolve")


def test_op_of_another_package(install: Install) -> None:
    before = list(all_ops())
    _forget()
    install("squares", "square = squares:Square")
    assert op_named("square").kind() == "square"
    assert list(all_ops()) == [*ops(), *sorted({*before, "square"} - {*ops()})]


def test_two_packages_that_claim_one_name(install: Install) -> None:
    install("squares", "square = squares:Square")
    install("quadrats", "square = quadrats:Square")
    with pytest.raises(RegistryError, match="`square` is offered by two packages: quadrats and squares"):
        op_named("square")


def test_package_that_claims_a_name_of_ours(install: Install) -> None:
    install("squares", "relu = squares:Square")
    assert op_named("relu") is ops()["relu"]
    with pytest.raises(RegistryError, match="`relu` is offered by two packages: resdsl and squares"):
        all_ops()


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        ("square = squares_three:Square", "`square` of squares cannot be loaded: No module named 'squares_three'"),
        ("square = squares:Sqare", "`square` of squares cannot be loaded"),
        ("cube = squares:Square", "squares offers as `cube` is not an op of that name: squares:Square"),
        ("other = squares:Other", "squares offers as `other` is not an op of that name"),
    ],
)
def test_offer_that_cannot_be_had(install: Install, offer: str, words: str) -> None:
    install("squares", offer)
    with pytest.raises(RegistryError, match=words):
        op_named(offer.partition(" ")[0])
