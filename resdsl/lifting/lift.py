"""Lifting a model: what the command and the Python function do, but for printing and writing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resdsl.equality.networks import inference_hash
from resdsl.lifting.agreement import Agreement
from resdsl.lifting.compiling import compiled
from resdsl.lifting.input_names import with_names_of_inputs
from resdsl.lifting.lifted import Lifted, lifted
from resdsl.lifting.originals import WrongSizes, original_of
from resdsl.lifting.refusals import NotLifted
from resdsl.lifting.sharing import partly_shared
from resdsl.lifting.unfolding import folded_layers, likely_folded_layers, norms_of, unfolded
from resdsl.lifting.weights import shapes_of_state
from resdsl.printable import phrase
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from os import PathLike

    from resdsl.backends.torch.live import Module
    from resdsl.net import Net

Norms = Literal["auto", "unfold", "keep"]
_TAKEN = re.compile(r"((unit|mix|gated|layers|block)\d*|(module|tower)(_\d+)?|projection|padded|same)")
"""What blocks and shortcuts of lifted texts are called."""
InputSizes = str | Sequence[int] | Mapping[str, str | Sequence[int]] | None


class WrongName(Refused):
    """A network cannot have the name that it is to have."""

    of_usage = True


@dataclass(frozen=True)
class LiftedModel:
    """A model as a text of the language, which was compiled and compared with it.

    Attributes:
        source: the name of the file that it was lifted from, or what names the module.
        kind: whether it was a `file` or a `module`.
        text: the text.
        layers: how many layers the text has.
        named: whether the paths of all modules are those of the model, so that its weights load as they are.
        unnamed_because: why not, if the model has such paths.
        unused: what the state dict of a module has and the text has not, if it has its paths: layers that nothing
            calls, second names of a layer, and learned numbers that are numbers in the text.
        reshaped: what has another shape there than in the text, if it has its paths: learned factors as 1x8x1x1.
        norms: how many norms were unfolded out of layers before them.
        guessed: how many of these have a path that the model does not tell, if the text has its paths.
        folded: how many layers look as if a norm was folded into them.
        lifted: the network, and the graph that it was compared with.
        agreement: how the outputs of both compare.
    """

    source: str
    kind: str
    text: str
    layers: int
    named: bool
    unnamed_because: str
    unused: tuple[str, ...]
    reshaped: tuple[str, ...]
    norms: int
    guessed: int
    folded: int
    lifted: Lifted
    agreement: Agreement

    @property
    def net(self) -> Net:
        """The network of the text."""
        from resdsl.api import loads

        return loads(self.text)

    @property
    def shared_in_part(self) -> tuple[str, ...]:
        """The tensors of several layers of the model that differ otherwise, so that the text has one for each."""
        return partly_shared(self.lifted.graph)

    @property
    def lines(self) -> int:
        """The lines of the text that are neither empty nor comments."""
        return sum(bool(line.strip()) and not line.startswith("#") for line in self.text.split("\n"))

    def as_data(self) -> dict[str, Any]:
        """What is known of the lift, for JSON."""
        return {
            "source": self.source,
            "network": self.lifted.network.name,
            "inference_hash": inference_hash(self.lifted.network),
            "layers": self.layers,
            "lines": self.lines,
            "paths_kept": self.named,
            "paths_lost_because": self.unnamed_because or None,
            "tensors_unused": list(self.unused),
            "tensors_reshaped": list(self.reshaped),
            "tensors_shared_in_part": list(self.shared_in_part),
            "second_names": dict(self.lifted.graph.second_names),
            "inputs_called": dict(self.lifted.graph.inputs_called),
            "inputs_unread": list(self.lifted.graph.unread),
            "tensors_untrained": list(self.lifted.graph.untrained),
            "only_in_training": [each._asdict() for each in self.lifted.graph.only_in_training],
            "texts_given_up": list(self.lifted.given_up),
            "norms_unfolded": self.norms,
            "norm_paths_guessed": self.guessed,
            "layers_with_folded_norms": self.folded,
            "outputs_differ_by": self.agreement.difference,
            "outputs_not_compared_because": self.agreement.why_not or None,
            "text": self.text,
        }


def lift(
    model: str | PathLike[str] | Module,
    *,
    name: str | None = None,
    input: InputSizes = None,  # noqa: A002 - the language's own word
    norms: Norms = "auto",
    until: Sequence[str] = (),
    run: bool = True,
) -> LiftedModel:
    """Lift a model to a text of the language, which is compiled and compared with the model.

    Args:
        model: an ONNX file, a prototxt file of Caffe, a network in our own JSON, or a module of PyTorch; or what names
            a factory of one, such as `package.module:factory` or `timm:create_model("resnet50d")`, whose code is run.
        name: the name of the network; by default one that is made of that of the file.
        input: shapes of inputs whose sizes are open in the file, and of those of a module, without the batch: that of
            the only one, or by name.
        norms: whether to keep layers into which norms were folded as they are, or to unfold the norms again; by default
            they are unfolded where an exporter has folded them, which shows in the names of weights.
        until: names of nodes or values at which to stop, in place of the outputs of the model; for a module, paths of
            modules in it.
        run: whether to compare outputs too: in PyTorch for a module, else where onnxruntime is installed.

    Raises:
        resdsl.lifting.refusals.NotReadable: the file is no ONNX model, or not all of one.
        resdsl.lifting.refusals.UnknownOps: the language has no op for some of its nodes; has all of them.
        resdsl.lifting.refusals.NotLifted: the model cannot be lifted for another reason.
        resdsl.lifting.refusals.LiftDiffers: the text does not mean the same graph, which is a fault of resdsl.
        TypeError: the model is neither a text nor a path nor a module.
        WrongSizes: a shape is not given in numbers.
        WrongName: the network cannot have the name.
        OSError: the file cannot be read.
    """
    sizes = _sizes(input)
    chosen = None if name is None else _chosen_name(name)
    original = original_of(model)
    graph = with_names_of_inputs(original.graph(sizes, until))
    if not graph.nodes:
        raise NotLifted(f"{phrase(original.title)} has no layers: it yields what it is given")
    likely = likely_folded_layers(graph) if original.may_be_folded else []
    if norms == "unfold" and not likely:
        raise NotLifted(f"{phrase(original.title)} has no layer that a norm could have been folded into")
    layers = {"auto": folded_layers(graph), "unfold": likely, "keep": []}[norms]
    folded_norms = norms_of(layers)
    graph = unfolded(graph, layers) if layers else graph
    made = lifted(graph, chosen or _name(original.name))
    text = f"# Lifted from {original.comment}.\n{made.text}"
    state = original.state if made.named else {}
    own = shapes_of_state(made.network)
    return LiftedModel(
        source=Path(original.title).name if original.kind == "file" else original.title,
        kind=original.kind,
        text=text,
        layers=len(graph.nodes),
        named=made.named,
        unnamed_because=made.unnamed_because,
        unused=tuple([name for name in state if name not in own]),
        reshaped=tuple([name for name, shape in state.items() if own.get(name, shape) != shape]),
        norms=len(folded_norms),
        guessed=sum(not norm.path for norm in folded_norms) if made.named else 0,
        folded=len(likely) - len(layers),
        lifted=made,
        agreement=original.agreement(made, sizes, until) if run else Agreement(why_not="that was not asked for"),
    )


def _sizes(given: InputSizes) -> dict[str, tuple[int, ...]]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {name: _shape(shape) for name, shape in given.items()}
    return {"": _shape(given)}


def _shape(given: str | Sequence[int]) -> tuple[int, ...]:
    text = "x".join(map(str, given)) if isinstance(given, list | tuple) else given
    if not isinstance(text, str) or not re.fullmatch(r"[1-9]\d{0,8}(x[1-9]\d{0,8})*", text):
        raise WrongSizes(f"the shape of an input is channels and sizes, such as 3x224x224, and not {given!r}")
    return tuple(map(int, text.split("x")))


def _chosen_name(name: str) -> str:
    """A name that was asked for.

    Raises:
        WrongName: the language, its library or a block of a lifted text has it, or it is none.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", name, flags=re.ASCII):
        raise WrongName(f"`{phrase(name)}` is no name of a network, which consists of letters, digits and _")
    if not _is_free(name):
        raise WrongName(f"a lifted network cannot be called `{name}`, which has a meaning already; try `net_{name}`")
    return name


def _name(text: str) -> str:
    """A name made of another one, which neither the language nor its library has, nor what a lifted text defines."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "network"
    return name if not name[0].isdigit() and _is_free(name) else f"net_{name}"


def _is_free(name: str) -> bool:
    return _TAKEN.fullmatch(name) is None and compiled(f"network {name} {{ input 1 }}") is not None
