"""What a recipe may say: one record for each table of its file; docs/recipes.md describes them.

A recipe holds what a paper states of its training. Where data are, on which devices it runs and from which seed is part
of a run.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1, le=10**9)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]
Side = Annotated[int, Field(ge=1, le=100_000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


class RecipeTable(BaseModel):
    """A table of a recipe: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Requirements(RecipeTable):
    """What the network must be for the recipe to be the one it names."""

    dropout: bool | None = Field(
        default=None, description="whether the network may drop activations; by default it may"
    )


class Data(RecipeTable):
    """What is trained and tested on; where it lies is said when it is run."""

    set: Name = Field(description="name of the data set: `digits`, `cifar10`, `imagenet`, or that of a plug-in")
    validation: Count | None = Field(
        default=None, description="images at the end of the training set that are held back"
    )
    test: Count | None = Field(
        default=None, description="images at the end that are tested on, of a set without a test part"
    )
    labels: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        default=None,
        strict=False,
        min_length=2,
        description="the labels whose images are taken; they become classes 0, 1, ...",
    )
    normalise: Literal["pixel-mean", "symmetric", "centred"] | None = Field(
        default=None,
        description="from values of 0 to 1: minus the mean training image, or to -1 to 1, or to -0.5 to 0.5",
    )
    patch: Side | None = Field(
        default=None, description="size of the square patches that photographs are cut into, in pixels"
    )
    blur: Positive | None = Field(
        default=None, description="standard deviation of the Gaussian blur of inputs, in pixels"
    )

    @model_validator(mode="after")
    def _labels_differ(self) -> Self:
        if self.labels and len({*self.labels}) < len(self.labels):
            raise ValueError("`labels` has a label twice")
        return self


class Augmentation(RecipeTable):
    """What happens to an image before each step, in this order."""

    short_side: Annotated[tuple[Side, Side], Field(strict=False)] | None = Field(
        default=None,
        description="the image is resized so that its shorter side is a number drawn from these two and between",
    )
    pad: Annotated[int, Field(ge=0, le=10_000)] = Field(default=0, description="pixels of zeros added on each side")
    crop: Side | None = Field(default=None, description="size of the square that is cut out at a random place")
    flip: bool = Field(default=False, description="whether every second image, by chance, is mirrored left to right")
    colour: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.0,
        description="standard deviation of the shifts along the principal components of colour "
        "(Krizhevsky et al. 2012, Section 4.1)",
    )

    @model_validator(mode="after")
    def _sides_ascend(self) -> Self:
        if self.short_side and self.short_side[0] > self.short_side[1]:
            raise ValueError("`short_side` has its smaller size first")
        return self


class Optimiser(RecipeTable):
    """How weights change from step to step."""

    kind: Literal["sgd", "adam"]
    batch: Count = Field(description="images a step, of all devices together")
    rate: Positive = Field(description="the learning rate to begin with")
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    decay: Annotated[float, Field(ge=0, le=1)] = Field(default=0.0, description="weight decay, of all parameters")

    @model_validator(mode="after")
    def _momentum_is_of_sgd(self) -> Self:
        if self.kind == "adam" and self.momentum:
            raise ValueError("`momentum` is for `sgd`")
        return self


class WarmUp(RecipeTable):
    """A smaller learning rate at first, for deep networks."""

    rate: Positive
    until_train_error: Share = Field(description="it ends when the error over the last epoch's images is below this")
    from_depth: Count = Field(default=1, description="networks of fewer layers do without it")


class Schedule(RecipeTable):
    """How long training takes, and the learning rate along it."""

    steps: Count | None = None
    epochs: Count | None = None
    shape: Literal["steps", "cosine"] = "steps"
    drops: tuple[Share, ...] = Field(
        default=(),
        strict=False,
        description="when the rate drops, as fractions of all steps, so that --steps keeps the shape",
    )
    factor: Share = Field(default=0.1, description="what the rate is multiplied by at each drop")
    warm_up: WarmUp | None = None

    @model_validator(mode="after")
    def _one_length_and_one_shape(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("state either `steps` or `epochs`")
        if self.shape == "cosine" and self.drops:
            raise ValueError('`drops` is for the shape "steps"')
        if "factor" in self.model_fields_set and not self.drops:
            raise ValueError("`factor` is what the rate is multiplied by at drops: state `drops`")
        if list(self.drops) != sorted(set(self.drops)):
            raise ValueError("`drops` must ascend")
        return self


class Test(RecipeTable):
    """A way of testing: what is looked at in an image, and what is averaged."""

    views: Literal["whole", "centre", "ten"] = Field(
        description="the whole image, its centre, or its corners and centre with their mirror images"
    )
    sides: tuple[Side, ...] = Field(default=(), strict=False, description="sizes of the shorter side; all are averaged")
    crop: Side | None = Field(default=None, description="size of the square views")
    average: Literal["probabilities", "scores"] = "probabilities"

    @model_validator(mode="after")
    def _crops_have_a_size(self) -> Self:
        if (self.views == "whole") == (self.crop is not None):
            raise ValueError("`crop` is the size of the views `centre` and `ten`, and of no other")
        return self


class Transfer(RecipeTable):
    """Training that begins with weights of another run; which, is said when it is run."""

    reset: tuple[Text, ...] = Field(default=(), strict=False, description="paths of the parts that begin anew")
    freeze: Literal["backbone", "batch_norm"] | None = None


class Recording(RecipeTable):
    """What is kept of a run beside its errors."""

    responses: bool = Field(
        default=False, description="standard deviations of layer responses, before and after training"
    )


class Recipe(RecipeTable):
    """How networks are trained and tested."""

    source: Text | None = Field(default=None, description="the paper that states it")
    task: Literal["classification", "image-to-image"]
    tested: Literal["final", "best"] = Field(
        default="final",
        description="the weights that are tested: those of the last step, or the best by the validation split",
    )
    network: Requirements = Requirements()
    data: Data
    augmentation: Augmentation = Augmentation()
    transfer: Transfer | None = None
    optimiser: Optimiser
    schedule: Schedule
    test: dict[Name, Test] = Field(min_length=1, description="ways of testing; the first is the one that is reported")
    record: Recording = Recording()

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if self.tested == "best" and self.data.validation is None:
            raise ValueError('`tested = "best"` needs a validation split: state `data.validation`')
        if self.task == "classification" and (self.data.patch or self.data.blur):
            raise ValueError('`data.patch` and `data.blur` are for the task "image-to-image"')
        if self.task == "image-to-image" and self.data.labels:
            raise ValueError('`data.labels` is for the task "classification"')
        if self.task == "image-to-image" and self.schedule.warm_up:
            raise ValueError('`schedule.warm_up` is for the task "classification": it ends with an error')
        return self
