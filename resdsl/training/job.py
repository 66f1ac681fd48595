"""A run from its module to its last file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import save
from torch import nn
from torch.optim import Optimizer

from resdsl.data.prepared import Prepared
from resdsl.files import write_whole
from resdsl.interrupts import held
from resdsl.recipes.recipe import Recipe
from resdsl.training.engine import Engine
from resdsl.training.loop import Course, measured, train, unchanged
from resdsl.training.responses import measured_responses, responses_text
from resdsl.training.run import CHECKPOINT, FAILURE, RESPONSES, RESULT, WEIGHTS, Diverged, write_record

if TYPE_CHECKING:
    from resdsl.api import Net


@dataclass(frozen=True)
class Job:
    """What is trained, on what, and where its files go."""

    net: Net
    recipe: Recipe
    seed: int
    prepared: Prepared
    folder: Path
    engine: Engine

    def trained(self, module: nn.Module, optimiser: Optimizer, course: Course) -> dict[str, Any]:
        """Train, and leave everything behind; what `result.json` says.

        Raises:
            resdsl.training.run.Diverged: the loss is no longer finite.
            resdsl.training.checkpoint.WrongCheckpoint: the checkpoint of the run is damaged.
            OSError: a file cannot be written.
        """
        before = self._responses(self.engine.whole(module))
        taken = self._looped(module, optimiser, course)
        whole = self.engine.whole(module)
        record = self._result(whole, taken, course)
        after = self._responses(whole)
        if self.engine.rank == 0:
            if self.recipe.record.responses:
                write_whole(self.folder / RESPONSES, responses_text(self.net.ir, before, after))
            weights = {name: value.contiguous() for name, value in whole.state_dict().items()}
            write_whole(self.folder / WEIGHTS, save(weights))
            write_record(self.folder / RESULT, record)
            (self.folder / CHECKPOINT).unlink(missing_ok=True)
        self.engine.close()
        return record

    def _looped(self, module: nn.Module, optimiser: Optimizer, course: Course) -> int:
        """Train to the last step; how many there were.

        A signal ends the process once the loop has left a checkpoint.
        """
        try:
            with held(once=True) as signals:
                return train(module, optimiser, course, self.engine, self.folder, signals).step
        except Diverged as failure:
            if self.engine.rank:
                raise SystemExit(1) from None  # the first process speaks for all
            write_record(self.folder / FAILURE, {"step": failure.step, "reason": failure.reason})
            (self.folder / CHECKPOINT).unlink(missing_ok=True)
            raise

    def _result(self, module: nn.Module, taken: int, course: Course) -> dict[str, Any]:
        net, task, prepared, engine = self.net, course.task, self.prepared, self.engine
        record: dict[str, Any] = {
            "network": net.name,
            "seed": self.seed,
            "depth": net.depth,
            "params": net.params,
            "macs": net.macs,
            "steps": taken,
            f"train_{task.measure}": measured(module, prepared.train, task, engine),
            f"test_{task.measure}": measured(module, prepared.test, task, engine),
        }
        if self.recipe.task == "image-to-image":
            record[f"input_{task.measure}"] = measured(unchanged(), prepared.test, task, engine)
        return record

    def _responses(self, module: nn.Module) -> list[float]:
        if not self.recipe.record.responses:
            return []
        return measured_responses(module, self.net.ir, self.prepared.train, self.engine, self.recipe.augmentation)
