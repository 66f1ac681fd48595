"""A run from its module to its last file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from resdsl.files import write_whole
from resdsl.interrupts import held
from resdsl.training.loop import Course, measured, train, unchanged
from resdsl.training.measuring import Measuring, write_weights
from resdsl.training.responses import measured_responses, responses_text
from resdsl.training.run import (
    CHECKPOINT,
    FAILURE,
    RESPONSES,
    RESULT,
    WEIGHTS,
    Diverged,
    Standing,
    write_record,
)


@dataclass(frozen=True)
class Job:
    """What is trained from which seed, and how it is measured."""

    seed: int
    measuring: Measuring

    def trained(self, module: nn.Module, optimiser: Optimizer, course: Course) -> dict[str, Any]:
        """Train, and leave everything behind; what `result.json` says.

        Raises:
            resdsl.training.run.Diverged: the loss is no longer finite.
            resdsl.training.checkpoint.WrongCheckpoint: the checkpoint of the run is damaged.
            OSError: a file cannot be written.
        """
        engine, folder = self.measuring.engine, self.measuring.folder
        before = self._responses(engine.whole(module))
        standing = self._looped(module, optimiser, course)
        whole = engine.whole(module)
        record = self._result(whole, standing)
        after = self._responses(whole)
        if engine.rank == 0:
            if self.measuring.recipe.record.responses:
                write_whole(folder / RESPONSES, responses_text(self.measuring.net.ir, before, after))
            write_weights(folder / WEIGHTS, whole)
            write_record(folder / RESULT, record)
            (folder / CHECKPOINT).unlink(missing_ok=True)
        engine.meet()
        return record

    def _looped(self, module: nn.Module, optimiser: Optimizer, course: Course) -> Standing:
        """Train to the last step; a signal ends the process once the loop has left a checkpoint.

        Raises:
            KeyboardInterrupt: it does not, because a handler of the program lets it pass.
        """
        engine, folder = self.measuring.engine, self.measuring.folder
        try:
            with held(once=True) as signals:
                standing = train(module, optimiser, course, engine, folder, signals)
        except Diverged as failure:
            if engine.rank:
                raise SystemExit(1) from None  # the first process speaks for all
            write_record(folder / FAILURE, {"step": failure.step, "reason": failure.reason})
            (folder / CHECKPOINT).unlink(missing_ok=True)
            raise
        if standing.step < course.rates.steps:
            raise KeyboardInterrupt
        return standing

    def _result(self, module: nn.Module, standing: Standing) -> dict[str, Any]:
        net, task, prepared = self.measuring.net, self.measuring.task, self.measuring.prepared
        record = {
            "network": net.name,
            "seed": self.seed,
            "depth": net.depth,
            "params": net.params,
            "macs": net.macs,
            "steps": standing.step,
            **self.measuring.after_training(module, standing.history),
        }
        if self.measuring.recipe.task == "image-to-image":
            record[f"input_{task.measure}"] = measured(unchanged(), prepared.test, task, self.measuring.engine)
        return record

    def _responses(self, module: nn.Module) -> list[float]:
        recipe, net, prepared = self.measuring.recipe, self.measuring.net, self.measuring.prepared
        if not recipe.record.responses:
            return []
        return measured_responses(module, net.ir, prepared.train, self.measuring.engine, recipe.augmentation)
