"""A network as Python has it: its costs, its reports and figures, and every output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from resdsl.analysis.costs import Costs, network_costs
from resdsl.analysis.expectations import Checked
from resdsl.diagnostics.problem import Problem
from resdsl.ir.network import Network
from resdsl.overwriting import PathName, refuse_inputs

if TYPE_CHECKING:
    from resdsl.analysis.dtypes import Dtype
    from resdsl.analysis.rows.tree import Depth
    from resdsl.backends.torch.live import Device, Dtype as TorchDtype, Layout, Module
    from resdsl.draw.figure import Figure
    from resdsl.draw.graphviz_figure import GraphvizFigure
    from resdsl.elaborate.lines import Lines
    from resdsl.elaborate.places import Places
    from resdsl.report.display import Report
    from resdsl.weights.contents import WeightComparison
    from resdsl.weights.selection import Names, Renames, Taking


@dataclass(frozen=True)
class Net:
    """A network with all shapes computed.

    Attributes:
        ir: the network itself; see `resdsl.ir.network`.
        checks: the results of the `expect` lines in its text.
        warnings: valid but probably unintended parts of its text.
        files: the files that were read for it, which its outputs must not replace.
        places: where in the text each of its nodes comes from; None if it comes from no text.
    """

    ir: Network
    checks: tuple[Checked, ...] = ()
    warnings: tuple[Problem, ...] = ()
    files: tuple[Path, ...] = ()
    places: Places | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the network in its text."""
        return self.ir.name

    @cached_property
    def costs(self) -> Costs:
        """All counts, for one sample; see `resdsl.analysis.costs.Costs` for units and conventions."""
        return network_costs(self.ir)

    @property
    def params(self) -> int:
        """Learned elements: weights, biases, scales and shifts of norms, but not running statistics."""
        return self.costs.params

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and fully connected layers for one sample.

        kernel elements * (input channels / groups) * output elements, padding included; a multiply and an add
        count as one. He et al. 2015, Table 1, call this count FLOPs.
        """
        return self.costs.macs

    @cached_property
    def inference_hash(self) -> str:
        """32 hexadecimal digits, equal for networks that compute the same in inference, whatever they are called.

        The order of the terms of a sum, ways to write the same layers, and what exists in training only do not matter.

        Raises:
            resdsl.ir.walk.TooManyLayers: there are more layers than can be written one by one.
        """
        from resdsl.equality.networks import inference_hash

        return inference_hash(self.ir)

    @property
    def depth(self) -> int:
        """Layers with weights, except those in shortcuts and gates (He et al. 2015, Table 1)."""
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
        """The costs of the network, row by row; the report displays itself at a prompt and in a notebook.

        Args:
            by: the depth of the rows: `model`, `part`, `stage`, `block` or `layer`.
            columns: `short`, `paper`, `memory`, `time`, `full`, names of columns, or several of these; by default
                `short`, or `time` if there is a device.
            expand: whether each of several equal blocks gets its own row.
            batch: number of samples at once.
            dtype: the data type that bytes are counted for.
            device: the device to give least times for: `h100`, or operations and bytes per second as `20e12,900e9`.

        Raises:
            ValueError: the batch size is below one. Unknown columns and devices are refused when the table is made.
        """
        from resdsl.report.display import Report

        if batch < 1:
            raise ValueError(f"a batch must have at least one sample, not {batch}")
        return Report(self.ir, by, columns, {"expand": expand, "batch": batch, "dtype": dtype, "device": device})

    def plot(self) -> Figure:
        """A chart of the costs of the network by stage and by layer, which displays itself in a notebook."""
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
        """A figure that displays itself in a notebook; `look` are fields of `resdsl.draw.options.DrawOptions`.

        Args:
            view: `columns`, `stages`, `block`, `table`, `lattice` or `ops`.
            beside: further networks, drawn to the right of this one.
            style: `paper`, `mono`, `dark`, or the path of a style file.
            width: a length such as `"3.25in"`, or a number of points.
            height: likewise; with both, the figure is as large as fits into them.

        Raises:
            resdsl.draw.errors.NotDrawn: the view or style is unknown, or the view cannot show the network.
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

    def to(
        self,
        target: str,
        path: PathName,
        *,
        weights: PathName | None = None,
        seed: int | None = None,
        reset: Names = (),
        ignore: Names = (),
        weights_key: str | None = None,
        rename: Renames = (),
        adapt: Names = (),
        fold_bn: bool = False,
        reparameterize: bool = False,
        check: bool = False,
        **form: Any,
    ) -> Path:
        """Write the network to a file, as `resdsl build --to` does.

        Args:
            target: `onnx`, `torch`, `safetensors`, `json`, `svg`, `dot`, or a target of another package.
            path: the file; an existing file is replaced once the new one is complete.
            weights: a safetensors file or a PyTorch checkpoint; by default, weights are initialised from the seed.
            seed: the seed for weights (He et al., arXiv 1502.01852; `docs/weights.md`); 0 by default.
            reset: modules to initialise from the seed even if there is a weight file.
            ignore: what the weight file has beyond the network and is left out, such as `fc` for a backbone.
            weights_key: the dictionary to take in a PyTorch checkpoint, such as `state_dict_ema`.
            rename: a table of names in a file or shipped (`docs/weights.md`), a rule such as `backbone ->`, or several.
            adapt: `stem` for other input channels, `inflate` for kernels of one axis more, or both.
            fold_bn: whether to fold batch norms into the preceding layers.
            reparameterize: whether to fold them and join branches that are added up, as RepVGG does.
            check: whether to check the file before it replaces an old one.
            form: options that only the target has: of `onnx` the fields of `resdsl.backends.onnx.form.OnnxForm`.

        Raises:
            resdsl.targets.NoSuchTarget: the target is unknown.
            resdsl.target.NoForm: the target does not support an op of the network.
            resdsl.target.IdleOption: an argument would have no effect.
            resdsl.target.NotChecked, resdsl.target.CheckFailed: the target has no check; the file did not pass it.
            resdsl.plugins.PluginError: the target is from another package, which failed.
            resdsl.weights.fitting.WeightsMismatch: the weight file does not fit the network.
            resdsl.weights.kind.UnreadableWeights: weights cannot be read from the file.
            resdsl.weights.reset.InvalidReset: the network has no such module.
            resdsl.weights.ignoring.InvalidIgnore: the file has no such part that could be ignored.
            resdsl.weights.renaming.InvalidRename: names cannot be changed as asked.
            resdsl.weights.adapting.InvalidAdaptation: kernels cannot be adapted as asked.
            resdsl.ir.reparameterizing.NothingToJoin: there are no branches to join.
            resdsl.ir.walk.TooManyLayers: written out, the repeats are too many layers.
            resdsl.backends.onnx.model.ModelTooLarge: the weights do not fit into one file.
            resdsl.backends.torch.names.UnusablePath: a path is not valid as that of a PyTorch module.
            resdsl.overwriting.WouldOverwrite: the file is the weight file, or one that the network was read from.
            OSError: the file cannot be written.
        """
        from resdsl.checkpoints import inferring, weighted
        from resdsl.targets import target_named
        from resdsl.weights.selection import selection_of

        chosen, folding = target_named(target), {"fold_bn": fold_bn, "reparameterize": reparameterize}
        selection = selection_of(reset, ignore, weights_key, rename, adapt)
        chosen.refuse_idle({"weights": weights, "seed": seed, **selection.arguments}, folding, form)
        record, source = chosen.formed(form), None
        if chosen.takes_weights:
            network, source = weighted(self.ir, weights, seed, selection, **folding)
        else:
            network = inferring(self.ir, **folding)
        refuse_inputs(chosen.files(network, Path(path), source, record), [*self.files, weights, *selection.rename])
        chosen.build(network, Path(path), source, check=check, form=chosen.with_lines(record, self._lines))
        return Path(path)

    def compare_weights(self, path: PathName, *, weights_key: str | None = None) -> WeightComparison:
        """A weight file beside the network: what is missing, left over or otherwise, and the options that make it fit.

        Args:
            path: a safetensors file or a PyTorch checkpoint.
            weights_key: the dictionary to take in a checkpoint; by default the usual one.

        Raises:
            resdsl.weights.kind.UnreadableWeights: weights cannot be read from the file.
            OSError: the file cannot be read.
        """
        from resdsl.checkpoints import weight_file
        from resdsl.weights.contents import comparison

        return comparison(weight_file(path), weights_key, self.ir)

    @property
    def _lines(self) -> Lines | None:
        """The file and the line that each node comes from."""
        if self.places is None:
            return None
        from resdsl.elaborate.lines import lines_of

        return lines_of(self.places)

    def to_text(self, target: str, *, fold_bn: bool = False, reparameterize: bool = False) -> str:
        """The network as the text of a target such as `torch` or `json`; arguments and errors are those of `to`."""
        from resdsl.checkpoints import inferring
        from resdsl.targets import text_target

        chosen, form = text_target(target), {"fold_bn": fold_bn, "reparameterize": reparameterize}
        chosen.refuse_idle({}, form)
        return chosen.text(inferring(self.ir, **form))

    def to_json(self) -> str:
        """The network as JSON, which `load` reads back; `resdsl schema` prints the schema."""
        return self.to_text("json")

    def to_onnx(
        self,
        path: PathName,
        *,
        weights: PathName | None = None,
        seed: int = 0,
        reset: Names = (),
        fold_bn: bool = False,
        reparameterize: bool = False,
        **form: Any,
    ) -> Path:
        """Write the network as an ONNX model, by default for inference, with weights and a dynamic batch axis.

        The arguments and errors are those of `to`, such as `ignore`; `form` are fields of
        `resdsl.backends.onnx.form.OnnxForm`, such as `opset`. The seed has no effect if all weights come from a file.
        """
        drawn_from = seed or None if weights is None or reset else None
        form |= {"fold_bn": fold_bn, "reparameterize": reparameterize}
        return self.to("onnx", path, weights=weights, seed=drawn_from, reset=reset, **form)

    def to_safetensors(
        self,
        path: PathName,
        *,
        weights: PathName | None = None,
        seed: int = 0,
        reset: Names = (),
        fold_bn: bool = False,
        reparameterize: bool = False,
        **taking: Unpack[Taking],
    ) -> Path:
        """Write the parameters and buffers of the network; see `to_onnx`."""
        drawn_from = seed if weights is None or reset else None
        form = {"fold_bn": fold_bn, "reparameterize": reparameterize}
        return self.to("safetensors", path, weights=weights, seed=drawn_from, reset=reset, **taking, **form)

    def to_torch_source(self, *, fold_bn: bool = False, reparameterize: bool = False) -> str:
        """The network as Python source: one file that needs only torch; arguments and errors are those of `to`."""
        return self.to_text("torch", fold_bn=fold_bn, reparameterize=reparameterize)

    def to_torch(
        self,
        device: Device = None,
        dtype: TorchDtype = None,
        memory_format: Layout = None,
        weights: PathName | None = None,
        seed: int | None = None,
        *,
        reset: Names = (),
        ignore: Names = (),
        weights_key: str | None = None,
        rename: Renames = (),
        adapt: Names = (),
        freeze: str | Sequence[str] = (),
        checkpointing: bool = False,
        inference: bool = False,
        reparameterize: bool = False,
    ) -> Module:
        """The network as a PyTorch module, made from the source returned by `to_torch_source`.

        Args:
            device: the device of its parameters; on `meta`, it has no values and takes no memory.
            dtype: the dtype of its parameters; float32 by default.
            memory_format: a memory format such as `torch.channels_last`.
            weights: a safetensors file or a PyTorch checkpoint; by default, weights are initialised from the seed.
            seed: the seed for weights, as for `to_onnx`; 0 by default.
            reset: modules to initialise from the seed even if there is a weight file.
            ignore: what the weight file has beyond the network and is left out, such as `fc` for a backbone.
            weights_key: the dictionary to take in a PyTorch checkpoint, such as `state_dict_ema`.
            rename: a table of names in a file or shipped (`docs/weights.md`), a rule such as `backbone ->`, or several.
            adapt: `stem` for other input channels, `inflate` for kernels of one axis more, or both.
            freeze: what to exclude from training: `backbone` (everything before the head), `batch_norm` (all batch
                norms), or module paths; batch norms in these parts keep their statistics.
            checkpointing: whether to recompute stages in the backward pass to save memory.
            inference: whether to fold batch norms into the preceding layers, use channels_last, and return the
                module in evaluation mode.
            reparameterize: whether to do that and join branches that are added up, as for `to`.

        Raises:
            the errors of `to` about weights and branches.
            resdsl.backends.torch.freezing.InvalidFreeze: the network has no such part.
            resdsl.backends.torch.names.UnusablePath: a path is not valid as that of a PyTorch module.
            resdsl.ir.walk.TooManyLayers: PyTorch would have to make too many modules.
            ValueError: an argument would have no effect because of another.
        """
        from resdsl.backends.torch.live import Form, live_module
        from resdsl.checkpoints import weighted
        from resdsl.weights.selection import selection_of

        inference = inference or reparameterize
        form = Form(device, dtype, memory_format, checkpointing=checkpointing, inference=inference)
        if inference and (freeze or checkpointing):
            raise ValueError("a module for inference is not trained: freeze and checkpointing would have no effect")
        if form.on_meta and (weights is not None or seed is not None):
            raise ValueError("a module on the meta device has no values: weights and seed would have no effect")
        chosen = selection_of(reset, ignore, weights_key, rename, adapt)
        network, source = weighted(self.ir, weights, seed, chosen, fold_bn=inference, reparameterize=reparameterize)
        return live_module(network, source, form, freeze)
