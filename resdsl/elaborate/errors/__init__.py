"""What can be wrong with the meaning of a text, by what it is about.

A module is imported when the first of its problems is met: most texts have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resdsl.elaborate.errors.files import (
        ImportCycle as ImportCycle,
    )
    from resdsl.elaborate.errors.files import (
        ImportOutside as ImportOutside,
    )
    from resdsl.elaborate.errors.files import (
        LateVersion as LateVersion,
    )
    from resdsl.elaborate.errors.files import (
        LimitReached as LimitReached,
    )
    from resdsl.elaborate.errors.files import (
        NoSuchSpec as NoSuchSpec,
    )
    from resdsl.elaborate.errors.files import (
        UnknownVersion as UnknownVersion,
    )
    from resdsl.elaborate.errors.flow import (
        BadInput as BadInput,
    )
    from resdsl.elaborate.errors.flow import (
        ChannelsLast as ChannelsLast,
    )
    from resdsl.elaborate.errors.flow import (
        DeadValue as DeadValue,
    )
    from resdsl.elaborate.errors.flow import (
        DoesNotFit as DoesNotFit,
    )
    from resdsl.elaborate.errors.flow import (
        EmptyBlock as EmptyBlock,
    )
    from resdsl.elaborate.errors.flow import (
        FlowAsValue as FlowAsValue,
    )
    from resdsl.elaborate.errors.flow import (
        LateInput as LateInput,
    )
    from resdsl.elaborate.errors.flow import (
        NoInput as NoInput,
    )
    from resdsl.elaborate.errors.flow import (
        NoShortcut as NoShortcut,
    )
    from resdsl.elaborate.errors.flow import (
        NotAModuleName as NotAModuleName,
    )
    from resdsl.elaborate.errors.flow import (
        PartsFlow as PartsFlow,
    )
    from resdsl.elaborate.errors.flow import (
        ShapeDiffers as ShapeDiffers,
    )
    from resdsl.elaborate.errors.flow import (
        SumDoesNotFit as SumDoesNotFit,
    )
    from resdsl.elaborate.errors.flow import (
        UnknownStride as UnknownStride,
    )
    from resdsl.elaborate.errors.flow import (
        WrongInputCount as WrongInputCount,
    )
    from resdsl.elaborate.errors.names import (
        AmbiguousName as AmbiguousName,
    )
    from resdsl.elaborate.errors.names import (
        GapInNamedValues as GapInNamedValues,
    )
    from resdsl.elaborate.errors.names import (
        KnownInShortcuts as KnownInShortcuts,
    )
    from resdsl.elaborate.errors.names import (
        LibraryNameTaken as LibraryNameTaken,
    )
    from resdsl.elaborate.errors.names import (
        NameGivenTwice as NameGivenTwice,
    )
    from resdsl.elaborate.errors.names import (
        NoChannels as NoChannels,
    )
    from resdsl.elaborate.errors.names import (
        NotAnImport as NotAnImport,
    )
    from resdsl.elaborate.errors.names import (
        NotAValue as NotAValue,
    )
    from resdsl.elaborate.errors.names import (
        UnknownName as UnknownName,
    )
    from resdsl.elaborate.errors.names import (
        UnusedParameter as UnusedParameter,
    )
    from resdsl.elaborate.errors.networks import (
        BadPath as BadPath,
    )
    from resdsl.elaborate.errors.networks import (
        BoundByVariant as BoundByVariant,
    )
    from resdsl.elaborate.errors.networks import (
        CountDependsOnItself as CountDependsOnItself,
    )
    from resdsl.elaborate.errors.networks import (
        NoNetwork as NoNetwork,
    )
    from resdsl.elaborate.errors.networks import (
        NoSuchNetwork as NoSuchNetwork,
    )
    from resdsl.elaborate.errors.networks import (
        NotANetwork as NotANetwork,
    )
    from resdsl.elaborate.errors.networks import (
        NothingThere as NothingThere,
    )
    from resdsl.elaborate.errors.networks import (
        NotInVariants as NotInVariants,
    )
    from resdsl.elaborate.errors.networks import (
        NotOfStages as NotOfStages,
    )
    from resdsl.elaborate.errors.networks import (
        OnlyInNetworks as OnlyInNetworks,
    )
    from resdsl.elaborate.errors.networks import (
        OnlyInVariants as OnlyInVariants,
    )
    from resdsl.elaborate.errors.networks import (
        OverrideWithoutEffect as OverrideWithoutEffect,
    )
    from resdsl.elaborate.errors.networks import (
        PathTaken as PathTaken,
    )
    from resdsl.elaborate.errors.networks import (
        PositionalInVariant as PositionalInVariant,
    )
    from resdsl.elaborate.errors.networks import (
        ReplacedByEqual as ReplacedByEqual,
    )
    from resdsl.elaborate.errors.networks import (
        VariantCycle as VariantCycle,
    )
    from resdsl.elaborate.errors.networks import (
        WhichNetwork as WhichNetwork,
    )
    from resdsl.elaborate.errors.solving import (
        DroppedAfterSolve as DroppedAfterSolve,
    )
    from resdsl.elaborate.errors.solving import (
        TargetFar as TargetFar,
    )
    from resdsl.elaborate.errors.solving import (
        TargetMissed as TargetMissed,
    )
    from resdsl.elaborate.errors.strides import (
        NoRowForStride as NoRowForStride,
    )
    from resdsl.elaborate.errors.strides import (
        NoStride as NoStride,
    )
    from resdsl.elaborate.errors.strides import (
        StrideInRow as StrideInRow,
    )
    from resdsl.elaborate.errors.strides import (
        StrideOfRepeats as StrideOfRepeats,
    )
    from resdsl.elaborate.errors.strides import (
        StrideOverKernel as StrideOverKernel,
    )
    from resdsl.elaborate.errors.strides import (
        StrideWithoutEffect as StrideWithoutEffect,
    )
    from resdsl.elaborate.errors.sweeps import (
        AlsoMoves as AlsoMoves,
    )
    from resdsl.elaborate.errors.sweeps import (
        ChangesNothing as ChangesNothing,
    )
    from resdsl.elaborate.errors.sweeps import (
        CostOrParameter as CostOrParameter,
    )
    from resdsl.elaborate.errors.sweeps import (
        CostTooEarly as CostTooEarly,
    )
    from resdsl.elaborate.errors.sweeps import (
        EqualNames as EqualNames,
    )
    from resdsl.elaborate.errors.sweeps import (
        LineGivenTwice as LineGivenTwice,
    )
    from resdsl.elaborate.errors.sweeps import (
        NetworkGivenTwice as NetworkGivenTwice,
    )
    from resdsl.elaborate.errors.sweeps import (
        NoName as NoName,
    )
    from resdsl.elaborate.errors.sweeps import (
        NoPointLeft as NoPointLeft,
    )
    from resdsl.elaborate.errors.sweeps import (
        NoSuchSweep as NoSuchSweep,
    )
    from resdsl.elaborate.errors.sweeps import (
        NoSweep as NoSweep,
    )
    from resdsl.elaborate.errors.sweeps import (
        NothingSwept as NothingSwept,
    )
    from resdsl.elaborate.errors.sweeps import (
        NotInStep as NotInStep,
    )
    from resdsl.elaborate.errors.sweeps import (
        NoValues as NoValues,
    )
    from resdsl.elaborate.errors.sweeps import (
        PointFails as PointFails,
    )
    from resdsl.elaborate.errors.sweeps import (
        SameNetwork as SameNetwork,
    )
    from resdsl.elaborate.errors.sweeps import (
        WhichSweep as WhichSweep,
    )
    from resdsl.elaborate.errors.values import (
        ArgumentGivenTwice as ArgumentGivenTwice,
    )
    from resdsl.elaborate.errors.values import (
        BareArgument as BareArgument,
    )
    from resdsl.elaborate.errors.values import (
        IndexOutside as IndexOutside,
    )
    from resdsl.elaborate.errors.values import (
        LengthsDiffer as LengthsDiffer,
    )
    from resdsl.elaborate.errors.values import (
        MissingArgument as MissingArgument,
    )
    from resdsl.elaborate.errors.values import (
        NoResult as NoResult,
    )
    from resdsl.elaborate.errors.values import (
        NotABlock as NotABlock,
    )
    from resdsl.elaborate.errors.values import (
        NotApplicable as NotApplicable,
    )
    from resdsl.elaborate.errors.values import (
        NotCallable as NotCallable,
    )
    from resdsl.elaborate.errors.values import (
        RequirementFailed as RequirementFailed,
    )
    from resdsl.elaborate.errors.values import (
        SettingBound as SettingBound,
    )
    from resdsl.elaborate.errors.values import (
        TooManyArguments as TooManyArguments,
    )
    from resdsl.elaborate.errors.values import (
        UnknownArgument as UnknownArgument,
    )
    from resdsl.elaborate.errors.values import (
        UnreadItem as UnreadItem,
    )
    from resdsl.elaborate.errors.values import (
        WrongArgument as WrongArgument,
    )
    from resdsl.elaborate.errors.values import (
        WrongArgumentCount as WrongArgumentCount,
    )
    from resdsl.elaborate.errors.values import (
        WrongOperand as WrongOperand,
    )
    from resdsl.elaborate.errors.values import (
        WrongSetting as WrongSetting,
    )
    from resdsl.elaborate.errors.values import (
        WrongType as WrongType,
    )

MODULES = ("files", "flow", "strides", "names", "networks", "sweeps", "solving", "values")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module in MODULES:
        found = getattr(import_module(f"{__name__}.{module}"), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
