"""The Python door: texts to networks, and networks to every output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.expectations import Checked, check_expectations, failure
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import Network
from resdsl.overwriting import refuse_inputs
from resdsl.settings import Setting, overrides_of
from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.analysis.dtypes import Dtype
    from resdsl.analysis.rows.tree import Depth
    from resdsl.backends.torch.live import Device, Dtype as TorchDtype, Layout, Module
    from resdsl.draw.figure import Figure
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.elaborate.binding import Override
    from resdsl.report.display import Report
    from resdsl.weights.source import WeightSource as WeightSource

PathName = str | PathLike[str]


@dataclass(frozen=True)
class Net:
    """A network whose every shape is known.

    Attributes:
        ir: the network itself; see `resdsl.ir.network`.
        checks: the figures stated in its text, and what became of each.
        warnings: what is allowed in its text but surely not meant.
        files: those that were read for it, which no output of it may replace.
    """

    ir: Network
    checks: tuple[Checked, ...] = ()
    warnings: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()

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

    def report(
        self,
        by: Depth = "stage",
        *,
        columns: str | Sequence[str] | None = None,
        expand: bool = False,
        batch: int = 1,
        dtype: Dtype = "float32",
        device: str | None = None,
    ) -> Report:
        """What the network costs, row by row; it shows itself at a prompt and in a notebook.

        Args:
            by: how deep the rows go: `model`, `stage`, `block` or `layer`.
            columns: `short`, `paper`, `memory`, `time`, `full`, names of columns, or several of these; by default
                `short`, or `time` where there is a device.
            expand: whether each of equal repeats has a row of its own.
            batch: samples at once.
            dtype: what bytes are counted for.
            device: what least times are told for, such as `h100`; or operations and bytes a second, `20e12,900e9`.

        Raises:
            resdsl.report.columns.UnknownColumn, resdsl.analysis.devices.UnknownDevice: when the table is asked for.
            ValueError: the batch is less than one.
        """
        from resdsl.report.display import Report

        if batch < 1:
            raise ValueError(f"a batch has at least one sample, not {batch}")
        return Report(self.ir, by, columns, {"expand": expand, "batch": batch, "dtype": dtype, "device": device})

    def plot(self) -> Figure:
        """What the network costs, drawn by stage and by layer; it shows itself in a notebook."""
        from resdsl.draw.charts.costs import cost_scene
        from resdsl.draw.figure import Figure

        return Figure(cost_scene(self.ir))

    def render(
        self,
        view: str = "columns",
        *,
        beside: Sequence[Net] = (),
        style: str = "paper",
        width: str | float | None = None,
        height: str | float | None = None,
        **look: Any,
    ) -> Figure | GraphvizFigure:
        """A figure of the network, which a notebook shows; `look` are the fields of `resdsl.draw.options.Look`.

        Args:
            view: `columns`, `stages`, `block`, `table` or `ops`.
            beside: further networks, drawn to the right of this one.
            style: `paper`, `mono`, `dark`, or the path of a file of styles.
            width: such as `"3.25in"`, or in points.
            height: likewise; with both it is as large as fits into them.

        Raises:
            resdsl.draw.errors.NotDrawn: there is no such view or style, or the network cannot be drawn so.
        """
        from resdsl.draw.figure import figure_of
        from resdsl.draw.options import DrawOptions

        drawn = [self.ir, *(net.ir for net in beside)]
        return figure_of(drawn, view, DrawOptions(**look), style=style, width=width, height=height)

    def _repr_svg_(self) -> str | None:
        from resdsl.draw.errors import NotDrawn

        try:
            return self.render("stages")._repr_svg_()
        except NotDrawn:
            return None  # a notebook shows the line below instead

    def __repr__(self) -> str:
        return f"<{self.name}: depth {self.depth}, {self.params:,} parameters, {self.macs:,} multiply-adds>"

    def to_json(self) -> str:
        """The network as JSON, from which `load` makes it again; the schema is `resdsl schema`."""
        from resdsl.ir.json import to_json

        return to_json(self.ir)

    def to_onnx(
        self,
        path: PathName,
        *,
        weights: PathName | None = None,
        seed: int = 0,
        reset: str | Sequence[str] = (),
        fold_bn: bool = False,
    ) -> Path:
        """Write the network as an ONNX model for inference, batch dynamic, weights included.

        Args:
            path: the file; what is there is replaced once the new one is complete.
            weights: a file of safetensors or a PyTorch checkpoint; otherwise weights are drawn.
            seed: what they are drawn from (He et al., arXiv 1502.01852; `docs/weights.md`).
            reset: modules that are drawn although there is a file of weights.
            fold_bn: whether batch norms go into the layers before them.

        Raises:
            resdsl.weights.fitting.WeightsMismatch: the file of weights does not fit the network.
            resdsl.weights.kind.UnreadableWeights: it is no file of weights.
            resdsl.weights.reset.InvalidReset: the network has no such module.
            resdsl.ir.walk.TooManyLayers: written out, the repeats are too many.
            resdsl.backends.onnx.model.ModelTooLarge: the weights do not fit into one file.
            resdsl.overwriting.WouldOverwrite: the file is that of the weights, or one that the network was read from.
            OSError: the file cannot be written.
        """
        from resdsl.backends.onnx.write import write_onnx

        refuse_inputs([path], [*self.files, weights])
        network, source = self._weighted(weights, seed, reset, fold_bn=fold_bn)
        return write_onnx(network, path, source).path

    def to_safetensors(
        self,
        path: PathName,
        *,
        weights: PathName | None = None,
        seed: int = 0,
        reset: str | Sequence[str] = (),
        fold_bn: bool = False,
    ) -> Path:
        """Write the network's parameters and buffers; arguments as those of `to_onnx`.

        Raises:
            as `to_onnx`, but for what is ONNX's.
        """
        from resdsl.weights.save import write_safetensors

        refuse_inputs([path], [*self.files, weights])
        network, source = self._weighted(weights, seed, reset, fold_bn=fold_bn)
        write_safetensors(network, path, source)
        return Path(path)

    def to_torch_source(self, *, fold_bn: bool = False) -> str:
        """The network as Python source: one file that needs torch and nothing else.

        Args:
            fold_bn: whether batch norms go into the layers before them.

        Raises:
            resdsl.backends.torch.names.UnusablePath: a path is none that PyTorch can have.
            resdsl.ir.walk.TooManyLayers: there are more than a module is made of.
        """
        from resdsl.backends.torch.source import torch_source
        from resdsl.ir.folding import fold_batch_norm

        return torch_source(fold_batch_norm(self.ir).network if fold_bn else self.ir).text

    def to_torch(
        self,
        device: Device = None,
        dtype: TorchDtype = None,
        memory_format: Layout = None,
        weights: PathName | None = None,
        seed: int | None = None,
        *,
        reset: str | Sequence[str] = (),
        freeze: str | Sequence[str] = (),
        checkpointing: bool = False,
        inference: bool = False,
    ) -> Module:
        """The network as a PyTorch module, made from the source that `to_torch_source` gives.

        Args:
            device: where it is to be; on `meta` it takes no memory and has no values.
            dtype: of its parameters; float32 by default.
            memory_format: such as `torch.channels_last`.
            weights: a file of safetensors or a PyTorch checkpoint; otherwise weights are drawn.
            seed: what they are drawn from, as for `to_onnx`; 0 by default.
            reset: modules that are drawn although there is a file of weights.
            freeze: what training leaves alone: `backbone` (everything up to the head), `batch_norm`
                (every batch norm), or module paths; batch norms in it keep their statistics.
            checkpointing: whether stages are computed again in the backward pass, to save memory.
            inference: whether batch norms go into the layers before them, the memory format is
                channels_last, and the module is in evaluation mode.

        Raises:
            resdsl.weights.fitting.WeightsMismatch: the file of weights does not fit the network.
            resdsl.weights.kind.UnreadableWeights: it is no file of weights.
            resdsl.weights.reset.InvalidReset: the network has no such module.
            resdsl.backends.torch.freezing.InvalidFreeze: the network has no such part.
            resdsl.backends.torch.names.UnusablePath: a path is none that PyTorch can have.
            resdsl.ir.walk.TooManyLayers: there are more than a module is made of.
            ValueError: two arguments leave one of them without effect.
        """
        from resdsl.backends.torch.live import Form, live_module

        form = Form(device, dtype, memory_format, checkpointing=checkpointing, inference=inference)
        if inference and (freeze or checkpointing):
            raise ValueError("the form for inference is not trained: freeze and checkpointing would have no effect")
        if form.on_meta and (weights is not None or seed is not None):
            raise ValueError("a module on the meta device has no values: weights and seed would have no effect")
        _refuse_idle_seed(weights, seed, reset)
        network, source = self._weighted(weights, 0 if seed is None else seed, reset, fold_bn=inference)
        return live_module(network, source, form, freeze)

    def _weighted(
        self, weights: PathName | None, seed: int, reset: str | Sequence[str], *, fold_bn: bool
    ) -> tuple[Network, WeightSource]:
        """The network, as written or folded, and its weights."""
        from resdsl.checkpoints import open_weights
        from resdsl.weights.source import Seeded

        if type(seed) is not int or seed < 0:
            raise ValueError(f"a seed is a whole number from zero, not {seed!r}")
        paths = (reset,) if isinstance(reset, str) else tuple(reset)
        if paths and weights is None:
            raise ValueError("all weights are drawn anyway: without a file of weights, reset has no effect")
        source = Seeded(seed) if weights is None else open_weights(weights, self.ir, paths, seed)
        if not fold_bn:
            return self.ir, source
        from resdsl.ir.folding import fold_batch_norm
        from resdsl.weights.folded import Folded

        folding = fold_batch_norm(self.ir)
        return folding.network, Folded(source, folding)


def _refuse_idle_seed(weights: PathName | None, seed: int | None, reset: str | Sequence[str]) -> None:
    if weights is not None and seed is not None and not reset:
        raise ValueError("the file of weights leaves nothing to draw: seed would have no effect")


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
    from resdsl.catalogue import locate, read

    place = locate(str(spec), network)
    overrides = overrides_of({**values, "input": input} if input is not None else values)
    return build(read(place.path, place.name), place.network, overrides, tuple(map(Path, import_path)))


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
        net = from_json(source.text, overrides)
        return replace(net, files=(source.path,) if source.path is not None else ())
    from resdsl.compiler import read_spec

    built = read_spec(source, import_path).build(network, overrides)
    return Net(built.network, built.checks, built.warnings, built.files)


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
        from resdsl.elaborate.errors.values import UnknownArgument

        callee = "a network in JSON is finished and"
        raise SpecError([UnknownArgument(span=override.span, name=name, callee=callee, known=())])
    checks = check_expectations(network)
    failed = [problem for problem in map(failure, checks) if problem]
    if failed:
        raise SpecError(failed)
    return Net(network, checks)
