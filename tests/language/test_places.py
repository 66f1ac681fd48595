"""Where the nodes of a network come from: statements, and the calls that led to them."""

import pytest

from resdsl.api import loads
from resdsl.compiler import Built, read_spec
from resdsl.elaborate.places import NodePlace, Places
from resdsl.ir.walk import steps
from resdsl.resources import spec_folder
from resdsl.source import Source, read_source

TEXT = """
block twice(width) {
  residual { conv 3x3, width; norm }
  act
}
network n(shortcut = B) {
  input 3x32x32
  conv 3x3, 16
  stage s1: twice(16) x 3
  stage s2: [3x3, 16; 3x3, 16] x 2
  stage s3: [3x3, 16; 3x3, 16] x 2
  stage s4: twice(32)
  neck: twice(32)
  parallel add { conv 1x1, 8 } { conv 3x3, 8 }
  shared head: conv 1x1, 8
  shared head: conv 1x1, 8
}
network m = n { s2: twice(16); extra after s3: conv 1x1, 16; drop neck }
"""


def _places(text: str, name: str = "n") -> Places:
    return _of(read_spec(Source("n.res", text)).build(name))


def _of(built: Built) -> Places:
    assert built.places is not None
    return built.places


def _read(place: NodePlace | None) -> tuple[str, ...]:
    assert place is not None
    return tuple(" ".join(span.text.split()) for span in (place.statement, *place.calls))


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("conv1", ("conv 3x3, 16",)),
        ("s1", ("stage s1: twice(16) x 3",)),
        ("s1.2", ("stage s1: twice(16) x 3",)),
        ("s1.2.conv1", ("conv 3x3, width", "stage s1: twice(16) x 3")),
        ("s1.0.add", ("residual { conv 3x3, width; norm }", "stage s1: twice(16) x 3")),
        ("neck.conv1", ("conv 3x3, width", "neck: twice(32)")),
        ("s4.0.downsample", ("residual { conv 3x3, width; norm }", "stage s4: twice(32)")),
        ("add", ("parallel add { conv 1x1, 8 } { conv 3x3, 8 }",)),
        ("conv3", ("conv 3x3, 8",)),
        ("head", ("shared head: conv 1x1, 8",)),
    ],
)
def test_each_node_has_its_statement_and_the_calls_around_it(path: str, statements: tuple[str, ...]) -> None:
    assert _read(_places(TEXT).of(path)) == statements


def test_a_shortcut_comes_from_its_own_file() -> None:
    place = _places(TEXT).of("s4.0.downsample.0")
    assert place is not None
    assert place.file == "std/shortcuts.res"
    assert [span.position.line for span in place.calls] == [3, 12]


def test_equal_brackets_have_places_of_their_own() -> None:
    places = _places(TEXT)
    lines = [place.line for place in (places.of("s2.0.conv1"), places.of("s3.0.conv1")) if place]
    assert lines == [10, 11]


def test_a_module_called_again_has_the_place_of_each_call() -> None:
    places = _places(TEXT)
    assert [place.line for place in (places.of("head"), places.of("head_2")) if place] == [15, 16]


def test_what_a_variant_puts_in_comes_from_the_variant() -> None:
    places = _places(TEXT, "m")
    found = [places.of(path) for path in ("s2.conv1", "s2", "extra", "s1")]
    assert [place.line for place in found if place] == [3, 18, 18, 9]
    assert places.of("neck") is None


@pytest.mark.parametrize("path", ["", "s1.3", "s1.x", "s1.0.conv2", "nothing", "conv1.0"])
def test_what_is_not_there_has_no_place(path: str) -> None:
    assert _places(TEXT).of(path) is None


def test_networks_of_one_session_have_the_same_places_as_alone() -> None:
    spec = read_spec(Source("n.res", TEXT))
    for name in ("n", "m", "n"):
        together, alone = spec.build(name), read_spec(Source("n.res", TEXT)).build(name)
        assert together.network == alone.network
        for step in steps(together.network):
            assert _read(_of(together).of(step.outputs[0])) == _read(_of(alone).of(step.outputs[0]))


@pytest.mark.parametrize("name", ["attention", "densenet", "resnet18", "regnet", "restoration"])
def test_every_layer_of_shipped_specs_has_a_place(name: str) -> None:
    spec = read_spec(read_source(spec_folder() / f"{name}.res"))
    for network in spec.networks:
        built = spec.build(network)
        assert all(_of(built).of(step.outputs[0]) is not None for step in steps(built.network))


def test_a_network_read_in_python_knows_its_places() -> None:
    net = loads("network n { input 3x8x8; conv 3x3, 16 }")
    assert net.places is not None
    place = net.places.of("conv1")
    assert place is not None
    assert (place.file, place.line, place.statement.text) == ("<text>", 1, "conv 3x3, 16")
    assert "places" not in repr(net)
