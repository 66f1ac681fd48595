"""A network, a recipe, a seed and a folder: one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from resdsl.data.images import Parts, WrongData
from resdsl.data.prepared import Prepared, prepare_for
from resdsl.data.sets import Given, parts_of
from resdsl.interrupts import saying
from resdsl.ir.walk import steps
from resdsl.locking import alone_in
from resdsl.recipes.recipe import Recipe
from resdsl.refusal import Refused
from resdsl.testing.testing import refuse_unfit_views
from resdsl.training.augmentation import shape_of
from resdsl.training.batches import Batches
from resdsl.training.devices import Devices
from resdsl.training.engines import engine_on
from resdsl.training.run import (
    CHECKPOINT,
    Standing,
    claim,
    failure_in,
    result_in,
)
from resdsl.training.schedule import rates_of
from resdsl.training.watching import Logger, Stopwatch, Watch, finish
from resdsl.weights.selection import Taking, selection_of

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.training.engine import Engine
    from resdsl.training.tasks import Loss


_DROPPING = ("dropout", "drop_path")
_SEEDS = 2**64


class NotTrained(Refused):
    """The recipe asks for something that `train` does not do yet, or the network does not suit it."""


@dataclass(frozen=True)
class TrainingRun:
    """A run that ended.

    Attributes:
        folder: where its files are.
        record: what `result.json` says.
        rank: the number of this process, of those that trained together; only 0 writes files and speaks.
    """

    folder: Path
    record: dict[str, Any]
    rank: int = 0

    @property
    def train_error(self) -> float:
        """The share of training images that are classified wrongly after the last step, without augmentation."""
        return float(self.record["train_error"])

    @property
    def test_error(self) -> float:
        """The share of test images that are classified wrongly, in the first of the recipe's ways of testing."""
        return float(self.record["test_error"])

    @property
    def summary(self) -> str:
        """What it came to, in words: errors, or of images the PSNR."""
        if "test_psnr" not in self.record:
            return f"error {self.train_error:.2%} on the training images, {self.test_error:.2%} on the test images"
        train, test, given = (self.record[f"{part}_psnr"] for part in ("train", "test", "input"))
        return (
            f"{train:.2f} dB on the training images, {test:.2f} dB on the test images, whose inputs have {given:.2f} dB"
        )


def train(
    net: Net,
    recipe: Recipe,
    *,
    out: str | Path,
    seed: int = 0,
    data: Given = None,
    weights: str | Path | None = None,
    loss: Loss | None = None,
    logger: Logger | None = None,
    workers: int | None = None,
    devices: Devices = Devices(),  # noqa: B008 - it is frozen
    after_step: Callable[[Standing, int], object] | None = None,
    part_of: Mapping[str, Any] | None = None,
    **taking: Unpack[Taking],
) -> TrainingRun:
    """Train a network by a recipe; the same call goes on where an earlier one was ended.

    The folder holds `run.json`, which says what the run is; `history.csv`, a row for each epoch; and in the end
    `weights.safetensors`, `responses.csv` if the recipe records responses, and `result.json`.

    Args:
        net: what to train.
        recipe: how to train it.
        out: the folder of the run, which is made if need be.
        seed: the seed of weights, order and augmentation.
        data: the folder of the data set, or the data themselves: also data sets of PyTorch, one or (train, test).
        weights: what a recipe with `transfer` begins with: a safetensors file or a PyTorch checkpoint.
        loss: a loss of your own: from outputs and targets of a batch to its mean loss.
        logger: gets a row of the history at the end of each epoch: one of Lightning Fabric, or your own.
        workers: processes that make batches ahead: by default some for pictures in files. The run is the same.
        devices: what it computes on: by default one GPU, or the CPU where there is none.
        after_step: called after each step, with where the run stands and the number of all its steps.
        part_of: what `run.json` says beside that: the sweep, the point and its parameters.
        taking: what is taken from the weight file, as in `Net.to`: `ignore`, `weights_key`, `rename`, `adapt`.

    Raises:
        NotTrained: the recipe asks for something that is not done yet, the network does not suit it, or there are
            weights and no transfer, or the other way round.
        resdsl.weights.fitting.WeightsMismatch: the weights do not fit the network.
        the other errors of `Net.to` about weights.
        resdsl.data.images.WrongData: the data cannot be read, or do not suit the recipe.
        resdsl.training.run.AnotherRun: the folder holds another run.
        resdsl.training.run.Diverged: the loss is no longer finite; the same call says so again.
        resdsl.training.checkpoint.WrongCheckpoint: the checkpoint of the run is damaged.
        resdsl.training.devices.WrongDevices: this machine has no such devices.
        resdsl.locking.Busy: another process is writing into the folder.
        OSError: a file cannot be written.
    """
    if not 0 <= seed < _SEEDS:
        raise NotTrained(f"{seed} is no seed: seeds are integers from 0 to {_SEEDS - 1}")
    _refuse_unsupported(recipe)
    _refuse_idle(recipe, weights, taking)
    parts = parts_of(data, recipe.data.set)
    prepared = prepare_for(parts, recipe)
    _refuse_unsuited(net, recipe, prepared)
    from resdsl.training.job import Job
    from resdsl.training.loading import fed
    from resdsl.training.loop import Course, module_of, optimiser_of
    from resdsl.training.measuring import Measuring
    from resdsl.training.tasks import task_of

    engine = engine_on(devices)
    batches = Batches(
        prepared.train,
        recipe.optimiser.batch,
        recipe.augmentation,
        seed,
        prepared.colours,
        engine.rank,
        engine.ranks,
    )
    rates, folder = rates_of(recipe, batches.per_epoch, net.depth), Path(out)
    module = module_of(net, recipe, seed, weights, **taking)
    task = task_of(recipe, prepared.normalisation, loss)
    folder.mkdir(parents=True, exist_ok=True)
    with saying("") if engine.rank else alone_in(folder, 0):
        if engine.rank == 0:
            manifest = _manifest(net, recipe, seed, parts, weights, loss, engine)
            claim(folder, {**manifest, **_taken(taking), **(part_of or {})})
        found = result_in(folder, (f"train_{task.measure}", f"test_{task.measure}"))
        failure = failure_in(folder) if found is None else None
        if found is not None or failure is not None:
            (folder / CHECKPOINT).unlink(missing_ok=True)
        if found is not None:
            return TrainingRun(folder, found, engine.rank)
        if failure is not None:
            raise failure
        module, optimiser = engine.set_up(module, lambda module: optimiser_of(module, recipe.optimiser))
        watch = Watch(Stopwatch(folder, recipe.optimiser.batch), rates.steps, logger, after_step)
        after = _ignore if engine.rank else watch.took
        measuring = Measuring(net, recipe, prepared, task, engine, folder)
        course = Course(fed(batches, rates.steps, workers), rates, task, after, measuring.after_epoch, seed)
        try:
            record = Job(seed, measuring).trained(module, optimiser, course)
        finally:
            engine.close()
        if engine.rank == 0 and logger is not None:
            finish(logger)
        return TrainingRun(folder, record, engine.rank)


def _ignore(now: Standing) -> None:
    """In other processes, nothing happens after a step."""


def _manifest(
    net: Net,
    recipe: Recipe,
    seed: int,
    parts: Parts,
    weights: str | Path | None,
    loss: Loss | None,
    engine: Engine,
) -> dict[str, Any]:
    from resdsl.sweeps.canonical import network_hash

    return {
        "network": net.name,
        "canonical_hash": network_hash(net.ir),
        "recipe": recipe.model_dump(mode="json", exclude_unset=True),
        "seed": seed,
        "data": parts.checksum(),
        **({"classes": [*parts.classes]} if parts.classes else {}),
        **({"weights": sha256(Path(weights).read_bytes()).hexdigest()} if weights is not None else {}),
        **({"loss": _name_of(loss)} if loss is not None else {}),
        **engine.computation(),
    }


def _taken(taking: Taking) -> dict[str, Any]:
    """What `run.json` says of the options about the weight file."""
    arguments = selection_of(**taking).arguments
    return {"weights_taken": arguments} if arguments else {}


def _name_of(loss: Loss) -> str:
    kind = loss if hasattr(loss, "__qualname__") else type(loss)
    return f"{kind.__module__}.{kind.__qualname__}"


def refuse_impossible(nets: Iterable[Net], recipe: Recipe, parts: Parts) -> None:
    """Refuse what `train` would refuse of any of several networks, before anything is written.

    Raises:
        NotTrained, resdsl.data.images.WrongData: see `train`.
    """
    _refuse_unsupported(recipe)
    if recipe.transfer is not None:
        raise NotTrained("the recipe has `transfer`, which begins with weights of one network: use `resdsl train`")
    prepared = prepare_for(parts, recipe)
    Batches(prepared.train, recipe.optimiser.batch, recipe.augmentation, seed=0)
    for net in nets:
        _refuse_unsuited(net, recipe, prepared)


def _refuse_unsupported(recipe: Recipe) -> None:
    """Refuse what a recipe may ask for and `train` does not do yet: nothing of a recipe is ignored."""
    missing = {
        'tested = "best" for images': recipe.task != "classification" and recipe.tested == "best",
        "ways of testing images other than one view of the whole image": recipe.task != "classification"
        and any(way.views != "whole" or way.sides for way in recipe.test.values()),
    }
    for key, present in missing.items():
        if present:
            raise NotTrained(f"`resdsl train` cannot do this part of the recipe yet: {key}")


def _refuse_idle(recipe: Recipe, weights: str | Path | None, taking: Taking) -> None:
    if weights is None and any(taking.values()):
        raise NotTrained("there is no weight file: options about one would have no effect")
    if recipe.transfer is not None and weights is None:
        raise NotTrained("the recipe has `transfer`: name the weights that it begins with, with --weights")
    if recipe.transfer is None and weights is not None:
        raise NotTrained("the recipe has no `transfer`: --weights would have no effect")


def _refuse_unsuited(net: Net, recipe: Recipe, prepared: Prepared) -> None:
    if recipe.network.dropout is False and any(step.layer.op.op in _DROPPING for step in steps(net.ir)):
        raise NotTrained(f"the recipe is for networks without dropout, and `{net.name}` has it")
    if len(net.ir.inputs) != 1 or len(net.ir.outputs) != 1:
        raise NotTrained(f"`{net.name}` has several inputs or outputs; a classifier has one of each")
    wanted = shape_of(prepared.train, recipe.augmentation)
    if net.ir.inputs[0].shape != wanted:
        found, fits = ("x".join(map(str, shape)) for shape in (net.ir.inputs[0].shape, wanted))
        raise NotTrained(f"`{net.name}` takes {found}, but the images are {fits}; set the input: --input {fits}")
    output = net.ir.values[net.ir.outputs[0].value]
    if recipe.task == "image-to-image":
        _refuse_unsuited_images(net, output, wanted, prepared)
    elif prepared.train.targets.ndim > 1:
        raise WrongData('the data have images as targets: they are for the task "image-to-image"')
    elif len(output) != 1 or output[0] < prepared.classes:
        raise WrongData(
            f"`{net.name}` yields {'x'.join(map(str, output))}, but the data have {prepared.classes} classes"
        )
    refuse_unfit_views(net, prepared.test, recipe.test)
    _refuse_silent(net, recipe)


def _refuse_silent(net: Net, recipe: Recipe) -> None:
    if recipe.record.responses:
        from resdsl.training.responses import responses_of

        if not responses_of(net.ir):
            raise NotTrained(f"the recipe records responses, but `{net.name}` has neither 3x3 layers nor residuals")


def _refuse_unsuited_images(net: Net, output: tuple[int, ...], wanted: tuple[int, ...], prepared: Prepared) -> None:
    if prepared.classes:
        raise WrongData("the data have labels, and no images as targets: state what is to be undone, as `data.blur`")
    if output != wanted:
        found, fits = ("x".join(map(str, shape)) for shape in (output, wanted))
        raise NotTrained(f"`{net.name}` yields {found}, but the targets are {fits}")
