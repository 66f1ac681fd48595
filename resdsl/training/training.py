"""A network, a recipe, a seed and a folder: one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.data.images import Parts, WrongData
from resdsl.data.prepared import Prepared, prepare
from resdsl.data.sets import read_set
from resdsl.files import write_whole
from resdsl.interrupts import held, saying
from resdsl.ir.walk import steps
from resdsl.locking import alone_in
from resdsl.recipes.recipe import Recipe
from resdsl.refusal import Refused
from resdsl.training.batches import Batches
from resdsl.training.devices import Devices, engine_on
from resdsl.training.run import (
    CHECKPOINT,
    FAILURE,
    RESPONSES,
    RESULT,
    WEIGHTS,
    Diverged,
    Standing,
    claim,
    read_record,
    write_record,
)
from resdsl.training.schedule import rates_of
from resdsl.training.watching import Logger, Stopwatch, Watch, finish

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from resdsl.api import Net
    from resdsl.training.engine import Engine
    from resdsl.training.loop import Course, Module
    from resdsl.training.tasks import Loss, TrainingTask


_DROPPING = ("dropout", "drop_path")


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
        """The share of test images that are classified wrongly after the last step."""
        return float(self.record["test_error"])


def train(
    net: Net,
    recipe: Recipe,
    *,
    out: str | Path,
    seed: int = 0,
    data: str | Path | Parts | None = None,
    weights: str | Path | None = None,
    loss: Loss | None = None,
    logger: Logger | None = None,
    devices: Devices = Devices(),  # noqa: B008 - it is frozen
    after_step: Callable[[Standing, int], object] | None = None,
) -> TrainingRun:
    """Train a network by a recipe; the same call goes on where an earlier one was ended.

    The folder holds `run.json`, which says what the run is; `history.csv`, a row for each epoch; and in the end
    `weights.safetensors`, `responses.csv` if the recipe records responses, and `result.json`.

    Args:
        net: what to train.
        recipe: how to train it.
        out: the folder of the run, which is made if need be.
        seed: the seed of weights, order and augmentation.
        data: the folder of the data set, or the data themselves.
        weights: what a recipe with `transfer` begins with: a safetensors file or a PyTorch checkpoint.
        loss: a loss of your own: from outputs and targets of a batch to its mean loss.
        logger: gets a row of the history at the end of each epoch: one of Lightning Fabric, or your own.
        devices: what it computes on: by default one GPU, or the CPU where there is none.
        after_step: called after each step, with where the run stands and the number of all its steps.

    Raises:
        NotTrained: the recipe asks for something that is not done yet, the network does not suit it, or there are
            weights and no transfer, or the other way round.
        resdsl.weights.fitting.WeightsMismatch: the weights do not fit the network.
        resdsl.data.images.WrongData: the data cannot be read, or do not suit the recipe.
        resdsl.training.run.AnotherRun: the folder holds another run.
        resdsl.training.run.Diverged: the loss is no longer finite; the same call says so again.
        resdsl.training.checkpoint.WrongCheckpoint: the checkpoint of the run is damaged.
        resdsl.training.devices.WrongDevices: this machine has no such devices.
        resdsl.locking.Busy: another process is writing into the folder.
        OSError: a file cannot be written.
    """
    _refuse_unsupported(recipe)
    _refuse_idle(recipe, weights)
    parts = data if isinstance(data, Parts) else read_set(recipe.data.set, Path(data) if data is not None else None)
    prepared = prepare(parts, recipe.data)
    _refuse_unsuited(net, recipe, prepared)
    _refuse_silent(net, recipe)
    from resdsl.training.loop import Course, module_of, optimiser_of
    from resdsl.training.tasks import task_of

    engine = engine_on(devices)
    batches = Batches(prepared.train, recipe.optimiser.batch, recipe.augmentation, seed, engine.rank, engine.ranks)
    rates, folder = rates_of(recipe, batches.per_epoch, net.depth), Path(out)
    module = module_of(net, recipe, seed, weights)
    task = task_of(recipe, loss)
    folder.mkdir(parents=True, exist_ok=True)
    with saying("") if engine.rank else alone_in(folder, 0):
        if engine.rank == 0:
            claim(folder, _manifest(net, recipe, seed, parts, weights, loss, engine))
        if (folder / RESULT).exists():
            return TrainingRun(folder, read_record(folder / RESULT), engine.rank)
        if (folder / FAILURE).exists():
            failure = read_record(folder / FAILURE)
            raise Diverged(failure["step"], failure["reason"])
        module, optimiser = engine.set_up(module, lambda module: optimiser_of(module, recipe.optimiser))
        watch = Watch(Stopwatch(folder, recipe.optimiser.batch), rates.steps, logger, after_step)
        course = Course(batches, rates, task, _ignore if engine.rank else watch.took)
        job = _Job(net, recipe, seed, prepared, folder, engine)
        record = _trained(job, module, optimiser, course)
        if engine.rank == 0 and logger is not None:
            finish(logger)
        return TrainingRun(folder, record, engine.rank)


@dataclass(frozen=True)
class _Job:
    """What is trained, on what, and where its files go."""

    net: Net
    recipe: Recipe
    seed: int
    prepared: Prepared
    folder: Path
    engine: Engine


def _trained(job: _Job, module: Module, optimiser: Optimizer, course: Course) -> dict[str, Any]:
    """Train, and leave everything behind; what `result.json` says."""
    from safetensors.torch import save

    from resdsl.training.responses import responses_text

    engine, folder = job.engine, job.folder
    before = _responses(job, engine.whole(module))
    steps_taken = _looped(job, module, optimiser, course)
    whole = engine.whole(module)
    record = _result(job, whole, steps_taken, course.task)
    after = _responses(job, whole)
    if engine.rank == 0:
        if job.recipe.record.responses:
            write_whole(folder / RESPONSES, responses_text(job.net.ir, before, after))
        write_whole(folder / WEIGHTS, save({name: value.contiguous() for name, value in whole.state_dict().items()}))
        write_record(folder / RESULT, record)
        (folder / CHECKPOINT).unlink(missing_ok=True)
    engine.close()
    return record


def _looped(job: _Job, module: Module, optimiser: Optimizer, course: Course) -> int:
    """Train to the last step; how many there were.

    A signal ends the process once the loop has left a checkpoint.
    """
    from resdsl.training.loop import train as loop

    try:
        with held(once=True) as signals:
            return loop(module, optimiser, course, job.engine, job.folder, signals).step
    except Diverged as failure:
        if job.engine.rank:
            raise SystemExit(1) from None  # the first process speaks for all
        write_record(job.folder / FAILURE, {"step": failure.step, "reason": failure.reason})
        (job.folder / CHECKPOINT).unlink(missing_ok=True)
        raise


def _result(job: _Job, module: Module, steps_taken: int, task: TrainingTask) -> dict[str, Any]:
    from resdsl.training.loop import measured

    net = job.net
    return {
        "network": net.name,
        "seed": job.seed,
        "depth": net.depth,
        "params": net.params,
        "macs": net.macs,
        "steps": steps_taken,
        f"train_{task.measure}": measured(module, job.prepared.train, task, job.engine),
        f"test_{task.measure}": measured(module, job.prepared.test, task, job.engine),
    }


def _responses(job: _Job, module: Module) -> list[float]:
    from resdsl.training.responses import measured_responses

    if not job.recipe.record.responses:
        return []
    return measured_responses(module, job.net.ir, job.prepared.train, job.engine)


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
        **({"weights": sha256(Path(weights).read_bytes()).hexdigest()} if weights is not None else {}),
        **({"loss": _name_of(loss)} if loss is not None else {}),
        **engine.computation(),
    }


def _name_of(loss: Loss) -> str:
    kind = loss if hasattr(loss, "__qualname__") else type(loss)
    return f"{kind.__module__}.{kind.__qualname__}"


def _refuse_unsupported(recipe: Recipe) -> None:
    """Refuse what a recipe may ask for and `train` does not do yet: nothing of a recipe is ignored."""
    missing = {
        f'task = "{recipe.task}"': recipe.task != "classification",
        "augmentation.short_side": recipe.augmentation.short_side is not None,
        "augmentation.colour": recipe.augmentation.colour != 0,
        'tested = "best"': recipe.tested == "best",
        "ways of testing other than one view of the whole image": any(
            way.views != "whole" or way.sides for way in recipe.test.values()
        ),
    }
    for key, present in missing.items():
        if present:
            raise NotTrained(f"`resdsl train` cannot do this part of the recipe yet: {key}")


def _refuse_idle(recipe: Recipe, weights: str | Path | None) -> None:
    if recipe.transfer is not None and weights is None:
        raise NotTrained("the recipe has `transfer`: name the weights that it begins with, with --weights")
    if recipe.transfer is None and weights is not None:
        raise NotTrained("the recipe has no `transfer`: --weights would have no effect")


def _refuse_silent(net: Net, recipe: Recipe) -> None:
    if recipe.record.responses:
        from resdsl.training.responses import responses_of

        if not responses_of(net.ir):
            raise NotTrained(f"the recipe records responses, but `{net.name}` has neither 3x3 layers nor residuals")


def _refuse_unsuited(net: Net, recipe: Recipe, prepared: Prepared) -> None:
    if recipe.network.dropout is False and any(step.layer.op.op in _DROPPING for step in steps(net.ir)):
        raise NotTrained(f"the recipe is for networks without dropout, and `{net.name}` has it")
    if len(net.ir.inputs) != 1 or len(net.ir.outputs) != 1:
        raise NotTrained(f"`{net.name}` has several inputs or outputs; a classifier has one of each")
    size = prepared.train.inputs.shape[1:]
    crop = recipe.augmentation.crop
    wanted = (size[0], crop, crop) if crop is not None else size
    if net.ir.inputs[0].shape != wanted:
        found, fits = ("x".join(map(str, shape)) for shape in (net.ir.inputs[0].shape, wanted))
        raise NotTrained(f"`{net.name}` takes {found}, but the images are {fits}; set the input: --input {fits}")
    output = net.ir.values[net.ir.outputs[0].value]
    if len(output) != 1 or output[0] < prepared.classes:
        raise WrongData(
            f"`{net.name}` yields {'x'.join(map(str, output))}, but the data have {prepared.classes} classes"
        )
