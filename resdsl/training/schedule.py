"""The learning rate at each step."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import cos, pi

from resdsl.recipes.recipe import Recipe


@dataclass(frozen=True)
class Rates:
    """The learning rate along a run.

    Attributes:
        first: the rate to begin with, once a warm-up is over.
        steps: how many steps the run has.
        drops: the steps from which the rate is multiplied by `factor` once more.
        factor: what the rate is multiplied by.
        cosine: whether the rate falls along half a cosine instead.
        warm_up: the rate of the warm-up; None if the network needs none.
        until: the training error that ends the warm-up.
    """

    first: float
    steps: int
    drops: tuple[int, ...]
    factor: float
    cosine: bool
    warm_up: float | None
    until: float

    def at(self, step: int, *, warming: bool) -> float:
        """The rate for a step, the first of which is 0."""
        if warming and self.warm_up is not None:
            return self.warm_up
        if self.cosine:
            return self.first * (1 + cos(pi * step / self.steps)) / 2
        return self.first * self.factor ** sum(step >= drop for drop in self.drops)


def rates_of(recipe: Recipe, per_epoch: int, depth: int) -> Rates:
    """The rates of a run.

    Args:
        recipe: how to train.
        per_epoch: steps in an epoch.
        depth: layers of the network, which decide about a warm-up.
    """
    schedule, warm_up = recipe.schedule, recipe.schedule.warm_up
    steps = schedule.steps if schedule.steps is not None else (schedule.epochs or 0) * per_epoch
    warms = warm_up is not None and depth >= warm_up.from_depth
    return Rates(
        first=recipe.optimiser.rate,
        steps=steps,
        drops=tuple(int(Fraction(repr(share)) * steps) for share in schedule.drops),
        factor=schedule.factor,
        cosine=schedule.shape == "cosine",
        warm_up=warm_up.rate if warms and warm_up else None,
        until=warm_up.until_train_error if warms and warm_up else 1.0,
    )
