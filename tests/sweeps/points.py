"""Points made of networks of a small text, without the language's sweeps: what building and lint run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from resdsl.analysis.costs import network_costs
from resdsl.compiler import read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import Network
from resdsl.settings import Setting, overrides_of
from resdsl.source import Source
from resdsl.sweeps.lint.findings import LintedPoint, look_of
from resdsl.sweeps.point import Point

SMALL = """
network small(n = 1, width = 4, shortcut = A, idle = 0, classes = 3, act = relu) {
  input 3x8x8
  let unread = idle
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(2 * width) x n, /2
  avgpool global
  fc classes
}
"""


class Family:
    """Points of a family: the product of some values, or what of it is left."""

    def __init__(self, text: str = SMALL, **axes: Sequence[str | int]) -> None:
        self.axes = [(name,) for name in axes]
        self.networks: dict[str, Network] = {}
        self.points: list[Point] = []
        self._spec = read_spec(Source("<text>", text))
        self._shown: dict[str, dict[str, str]] = {}
        for index, row in enumerate(product(*axes.values())):
            self._add(index, dict(zip(axes, row, strict=True)))

    def network(self, point: Point) -> Network:
        """The network of a point."""
        return self.networks[point.name]

    def again(self, name: str, changes: object) -> Network | None:
        """A point built once more, some parameters changed."""
        assert isinstance(changes, dict)
        given = {**self._shown[name], **changes}
        try:
            return self._built({key: value for key, value in given.items() if value is not None})
        except SpecError:
            return None

    @property
    def looks(self) -> list[LintedPoint]:
        """The points as the lint sees them."""
        return [
            look_of(each.name, self._shown[each.name], self.networks[each.name], each.costs) for each in self.points
        ]

    def _built(self, given: Mapping[str, Setting]) -> Network:
        return self._spec.build(None, overrides_of(given)).network

    def _add(self, index: int, given: dict[str, str | int]) -> None:
        parameters = tuple((key, str(value)) for key, value in given.items())
        network = self._built(dict(parameters))
        name = network.name + "".join(f"-{key}={value}" for key, value in parameters)
        self.points.append(Point(index, name, network.name, parameters, network_costs(network)))
        self.networks[name] = network
        self._shown[name] = dict(parameters)
