"""Lifting a model: what the command and the Python function do, but for printing and writing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resdsl.equality.networks import inference_hash
from resdsl.lifting.agreement import Agreement
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.lifted import Lifted, lifted
from resdsl.lifting.refusals import NotLifted
from resdsl.lifting.unfolding import folded_layers, likely_folded_layers, unfolded
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from os import PathLike

    from resdsl.net import Net

Norms = Literal["auto", "unfold", "keep"]
InputSizes = str | Sequence[int] | Mapping[str, str | Sequence[int]] | None
_PIECE = 1 << 20


class WrongSizes(Refused):
    """The shape of an input is not given in numbers."""

    of_usage = True


@dataclass(frozen=True)
class LiftedModel:
    """A model as a text of the language, which was compiled and compared with it.

    Attributes:
        source: the file that it was lifted from.
        text: the text.
        layers: how many layers the model has, without those that do nothing in inference.
        named: whether the paths of all modules are those of the model, so that its weights load as they are.
        unnamed_because: why not, if the model has such paths.
        norms: how many norms were unfolded out of layers before them.
        folded: how many layers look as if a norm was folded into them.
        lifted: the network, and the graph that it was compared with.
        agreement: how the outputs of both compare.
    """

    source: Path
    text: str
    layers: int
    named: bool
    unnamed_because: str
    norms: int
    folded: int
    lifted: Lifted
    agreement: Agreement

    @property
    def net(self) -> Net:
        """The network of the text."""
        from resdsl.api import loads

        return loads(self.text)

    @property
    def lines(self) -> int:
        """The lines of the text that are neither empty nor comments."""
        return sum(bool(line.strip()) and not line.startswith("#") for line in self.text.split("\n"))

    def as_data(self) -> dict[str, Any]:
        """What is known of the lift, for JSON."""
        return {
            "source": self.source.name,
            "network": self.lifted.network.name,
            "inference_hash": inference_hash(self.lifted.network),
            "layers": self.layers,
            "lines": self.lines,
            "paths_kept": self.named,
            "paths_lost_because": self.unnamed_because or None,
            "norms_unfolded": self.norms,
            "layers_with_folded_norms": self.folded,
            "outputs_differ_by": self.agreement.difference,
            "outputs_not_compared_because": self.agreement.why_not or None,
            "text": self.text,
        }


def lift(
    model: str | PathLike[str],
    *,
    name: str | None = None,
    input: InputSizes = None,  # noqa: A002 - the language's own word
    norms: Norms = "auto",
    until: Sequence[str] = (),
    run: bool = True,
) -> LiftedModel:
    """Lift a model to a text of the language, which is compiled and compared with the model.

    Args:
        model: an ONNX file, or a prototxt file of Caffe.
        name: the name of the network; by default that of the file.
        input: shapes of inputs whose sizes are open in the file: that of the only one, or by name.
        norms: whether to keep layers into which norms were folded as they are, or to unfold the norms again; by default
            they are unfolded where an exporter has folded them, which shows in the names of weights.
        until: names of nodes or values at which to stop, in place of the outputs of the model.
        run: whether to compare outputs too, where onnxruntime is installed.

    Raises:
        resdsl.lifting.refusals.NotReadable: the file is no ONNX model, or not all of one.
        resdsl.lifting.refusals.UnknownOps: the language has no op for some of its nodes; has all of them.
        resdsl.lifting.refusals.NotLifted: the model cannot be lifted for another reason.
        resdsl.lifting.refusals.LiftDiffers: the text does not mean the same graph, which is a fault of resdsl.
        WrongSizes: a shape is not given in numbers.
        OSError: the file cannot be read.
    """
    path = Path(model)
    graph = _read(path, _sizes(input), until)
    likely = likely_folded_layers(graph)
    if norms == "unfold" and not likely:
        raise NotLifted(f"{path} has no layer that a norm could have been folded into")
    layers = {"auto": folded_layers(graph), "unfold": likely, "keep": []}[norms]
    graph = unfolded(graph, layers) if layers else graph
    network = _name(name or path.stem)
    made = lifted(graph, network)
    text = f"# Lifted from {_comment(path)}.\n{made.text}"
    return LiftedModel(
        source=path,
        text=text,
        layers=len(graph.nodes),
        named=made.named,
        unnamed_because=made.unnamed_because,
        norms=len(layers),
        folded=len(likely) - len(layers),
        lifted=made,
        agreement=_agreement(path, made) if run else Agreement(why_not="that was not asked for"),
    )


def _agreement(path: Path, made: Lifted) -> Agreement:
    if path.suffix == ".prototxt":
        return Agreement(why_not="a prototxt file has no weights")
    from resdsl.lifting.running import compare_outputs

    return compare_outputs(path, made)


def _read(path: Path, sizes: Mapping[str, Sequence[int]], until: Sequence[str]) -> PlainGraph:
    if path.suffix == ".prototxt":
        from resdsl.lifting.sources.prototxt import read_prototxt

        if sizes or until:
            raise WrongSizes(f"{path} is read as it is: a shape or an end cannot be given for a prototxt file")
        return read_prototxt(path)
    from resdsl.lifting.sources.onnx import read_onnx

    return read_onnx(path, sizes, until)


def _sizes(given: InputSizes) -> dict[str, tuple[int, ...]]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {name: _shape(shape) for name, shape in given.items()}
    return {"": _shape(given)}


def _shape(given: str | Sequence[int]) -> tuple[int, ...]:
    if isinstance(given, str) and not re.fullmatch(r"[1-9]\d{0,8}(x[1-9]\d{0,8})*", given):
        raise WrongSizes(f"the shape of an input is channels and sizes, such as 3x224x224, and not {given!r}")
    return tuple(map(int, given.split("x") if isinstance(given, str) else given))


def _name(text: str) -> str:
    """A name of the language made of another one."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "network"
    return f"net_{name}" if name[0].isdigit() else name


def _comment(path: Path) -> str:
    """The name of a file, and the beginning of its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    name = "".join(letter if letter.isprintable() else "?" for letter in path.name)
    return f"{name}, sha256 {digest.hexdigest()[:16]}"


def graph_of_model(model: LiftedModel) -> PlainGraph:
    """The graph that the text was compared with."""
    return model.lifted.graph
