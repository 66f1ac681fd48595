"""The Python door: texts to networks, and networks to every output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.expectations import Checked, check_expectations, failure
from resdsl.diagnostics.problem import Problem, SpecError
from resdsl.ir.network import Network
from resdsl.source import Source, Unreadable, read_source

if TYPE_CHECKING:
    from resdsl.elaborate.levels import Override
    from resdsl.elaborate.values import Value

Setting = int | float | bool | str | list["Setting"] | tuple["Setting", ...] | None
"""What an override may be in Python; a string is an expression of the language."""


@dataclass(frozen=True)
class Net:
    """A network whose every shape is known.

    Attributes:
        ir: the network itself; see `resdsl.ir.network`.
        checks: the figures stated in its text, and what became of each.
        warnings: what is allowed in its text but surely not meant.
    """

    ir: Network
    checks: tuple[Checked, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The network's name in its text."""
        return self.ir.name

    @cached_property
    def costs(self) -> Costs:
        """All counts, for one sample; see `resdsl.analysis.costs.Costs` for units and conventions."""
        return network_costs(self.ir)

    @property
    def params(self) -> int:
        """Learned elements: weights, biases, scales and shifts of norms; running statistics are none."""
        return self.costs.params

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and fully connected layers for one sample.

        kernel elements * (channels in / groups) * output elements, padding included; a multiply and an
        add are one. The count of He et al. 2015, Table 1, there called FLOPs.
        """
        return self.costs.macs

    @property
    def depth(self) -> int:
        """Weighted layers without those in shortcuts and gates (He et al. 2015, Table 1)."""
        return self.costs.depth

    def to_json(self) -> str:
        """The network as JSON, from which `load` makes it again; the schema is `resdsl schema`."""
        from resdsl.ir.json import to_json

        return to_json(self.ir)

    def to_onnx(self, path: str | PathLike[str], *, weights: str | PathLike[str] | None = None, seed: int = 0) -> Path:
        """Write the network as an ONNX model for inference, batch dynamic, weights included.

        Args:
            path: the file; what is there is replaced once the new one is complete.
            weights: a safetensors file with the network's state; otherwise they are drawn.
            seed: what they are drawn from (He et al., arXiv 1502.01852; `docs/weights.md`).

        Raises:
            resdsl.weights.file.WeightsMismatch: the file of weights does not fit the network.
        resdsl.weights.file.UnreadableWeights: it is no file of weights.
        resdsl.backends.onnx.graph.TooManyLayers: written out, the repeats are too many.
        resdsl.backends.onnx.model.ModelTooLarge: the weights do not fit into one file.
            OSError: the file cannot be written.
        """
        from resdsl.backends.onnx.write import write_onnx
        from resdsl.weights.file import SafetensorsFile
        from resdsl.weights.source import Seeded

        source = Seeded(seed) if weights is None else SafetensorsFile(weights, self.ir)
        return write_onnx(self.ir, path, source).path


def load(
    spec: str | PathLike[str],
    network: str | None = None,
    *,
    input: Setting = None,  # noqa: A002 - the language's own word
    import_path: tuple[str | PathLike[str], ...] = (),
    **values: Setting,
) -> Net:
    """The network of a file.

    Args:
        spec: a path (of a text, or of JSON made from one), or the name of a shipped network.
        network: which of the file's networks; by default the one named as the file, or the only one.
        input: another input than the text has, such as `"3x128x128"`.
        import_path: folders in which imports are looked up, after the file's own.
        values: parameters and settings. A string is an expression of the language (`"A"`, `"3x3"`);
            numbers, booleans and lists are themselves.

    Raises:
        SpecError: with every problem found.
        resdsl.ir.json.InvalidJson: a file of JSON holds no network.
        TypeError: a value is of no type that the language has.
    """
    from resdsl.catalogue import locate

    place = locate(str(spec), network)
    overrides = overrides_of({**values, "input": input} if input is not None else values)
    return build(_read(place.path, place.name), place.network, overrides, tuple(map(Path, import_path)))


def loads(
    text: str,
    network: str | None = None,
    *,
    input: Setting = None,  # noqa: A002 - the language's own word
    **values: Setting,
) -> Net:
    """The network of a text; arguments as those of `load`. A text has no folder to import from.

    Raises:
        SpecError: with every problem found.
    """
    overrides = overrides_of({**values, "input": input} if input is not None else values)
    return build(Source("<text>", text), network, overrides)


def build(
    source: Source,
    network: str | None = None,
    overrides: Mapping[str, Override] | None = None,
    import_path: tuple[Path, ...] = (),
) -> Net:
    """The network of a source, which is a text or JSON made of one.

    Raises:
        SpecError: with every problem found.
        resdsl.ir.json.InvalidJson: the source is JSON, and no network.
    """
    if is_json(source):
        return from_json(source.text, overrides)
    from resdsl.compiler import read_spec

    built = read_spec(source, import_path).build(network, overrides)
    return Net(built.network, built.checks, built.warnings)


def is_json(source: Source) -> bool:
    """Whether a source is a network in JSON, and no text of the language."""
    return source.name.endswith(".json") or source.text.lstrip()[:1] == "{"


def from_json(text: str, overrides: Mapping[str, Override] | None = None) -> Net:
    """The network that `Net.to_json` wrote.

    Raises:
        SpecError: values are given, and a network in JSON is finished; or a figure stated in it is not its own.
        resdsl.ir.json.InvalidJson: the text is no network.
    """
    from resdsl.ir.json import from_json as read

    network = read(text)
    for name, override in (overrides or {}).items():
        from resdsl.elaborate.errors import UnknownArgument

        callee = "a network in JSON is finished and"
        raise SpecError([UnknownArgument(span=override.span, name=name, callee=callee, known=())])
    checks = check_expectations(network)
    failed = [problem for problem in map(failure, checks) if problem]
    if failed:
        raise SpecError(failed)
    return Net(network, checks)


def overrides_of(values: Mapping[str, Setting], said: Mapping[str, str] | None = None) -> dict[str, Override]:
    """Values given from outside, strings read as expressions.

    Args:
        values: by name.
        said: what messages call the place of each, such as `--set n`.

    Raises:
        SpecError: a string is no expression.
        TypeError: a value is of no type that the language has.
    """
    said = said or {}
    return {name: _override(name, value, said.get(name, f"argument {name}")) for name, value in values.items()}


def _override(name: str, value: Setting, said: str) -> Override:
    from resdsl.elaborate.levels import Override
    from resdsl.syntax.parser import parse_expression

    if isinstance(value, str):
        expression = parse_expression(Source(said, value))
        return Override(expression, expression.span)
    return Override(_as_value(name, value))


def _as_value(name: str, value: Setting) -> Value:
    if isinstance(value, list | tuple):
        return tuple(_as_value(name, item) for item in value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{name}: a value of the language is a number, a boolean, a string, a list or None, not {value!r}")


def _read(path: Path, name: str) -> Source:
    try:
        return read_source(path, name)
    except Unreadable as error:
        from resdsl.syntax.errors import UnreadableText

        raise SpecError([UnreadableText(name=name, reason=str(error))]) from None
