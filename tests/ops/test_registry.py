"""Ops of other packages, offered by entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resdsl import loads
from resdsl.cli.main import main
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ops import registry
from resdsl.ops.registry import RegistryError, all_ops, op_named, ops
from resdsl.plugins import PluginError

SQUARE = """
from typing import Literal
from resdsl.ops.activation import Relu
from resdsl.ops.records import ShapeError

class Square(Relu):
    op: Literal["square"] = "square"

    @classmethod
    def sides(cls):
        return {}["four"]

    def infer(self, inputs):
        if inputs[0][0] == 3:
            raise ShapeError("three are refused")
        return len(inputs.no_such_thing)

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


def test_an_error_of_another_package_names_the_op_and_the_package(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install("squares", "square = squares:Square")
    with pytest.raises(PluginError, match=r"the op `square` of squares failed: KeyError: 'four'"):
        op_named("square").sides()  # type: ignore[attr-defined]  # of the other package
    monkeypatch.chdir(tmp_path)
    Path("a.res").write_text("network a { input 4x8x8; square }", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", "a.res"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert (
        said
        == "error: the op `square` of squares failed: AttributeError: 'tuple' object has no attribute 'no_such_thing'\n"
    )


def test_what_another_package_refuses_is_a_problem_of_the_text(install: Install) -> None:
    install("squares", "square = squares:Square")
    with pytest.raises(SpecError, match="three are refused"):
        loads("network a { input 3x8x8; square }")
