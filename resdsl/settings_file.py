"""Files of settings in TOML or JSON, validated; what is wrong with one is told by key."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Source

_SAME_KEYS = {
    "lr": ("rate",),
    "learning_rate": ("rate",),
    "batch_size": ("batch",),
    "weight_decay": ("decay",),
    "optimizer": ("optimiser", "kind"),
    "dataset": ("data", "set"),
    "scheduler": ("schedule",),
    "num_epochs": ("epochs",),
    "milestones": ("drops",),
    "gamma": ("factor",),
    "normalize": ("normalise",),
    "augment": ("augmentation",),
}
"""What keys of other tools are called here."""
Settings = TypeVar("Settings", bound=BaseModel)


class NotSettings(Exception):
    """A file that cannot be parsed or is not valid; the message names the key, but not the file."""


def read_settings(
    source: Source, model: type[Settings], reasons: Mapping[tuple[str, str], str] | None = None
) -> Settings:
    """The settings in a text, as JSON if its name ends in .json and as TOML otherwise.

    Args:
        source: the text and the name of its file.
        model: the settings that there are.
        reasons: better sentences than pydantic's, by the kind of its error and the name of the key.

    Raises:
        NotSettings: the text cannot be parsed, or a key or value is not valid.
    """
    try:
        if source.name.endswith(".json"):
            return model.model_validate_json(source.text)
        return model.model_validate(tomllib.loads(source.text))
    except tomllib.TOMLDecodeError as error:
        raise NotSettings(_lowered(str(error))) from None
    except ValidationError as error:
        raise NotSettings(first_fault(error, model, reasons or {})) from None
    except RecursionError:
        raise NotSettings("nested too deeply") from None


def first_fault(error: ValidationError, model: type[BaseModel], reasons: Mapping[tuple[str, str], str]) -> str:
    """The first of the faults that pydantic found, with its key; an unknown key says more than one that is missing."""
    faults = error.errors(include_url=False)
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    path = [str(part) for part in first["loc"]]
    place = ".".join(path) or "the file"
    keys = [part for part in path if not part.isdigit()]
    if first["type"] == "extra_forbidden":
        hint = _elsewhere(path, model) or did_you_mean(path[-1], keys_of(model, path[:-1]))
        return f"{place}: unknown key" + (f"; {hint}" if hint else "")
    if first["type"] == "missing":
        return f"{place}: this key is required"
    if first["type"] == "value_error":
        return f"{place}: {first['ctx']['error']}" if path else str(first["ctx"]["error"])
    sentence = next((reasons[first["type"], key] for key in reversed(keys) if (first["type"], key) in reasons), None)
    return f"{place}: {sentence or _lowered(first['msg'])}"


def _elsewhere(path: list[str], model: type[BaseModel]) -> str | None:
    """The hint about a key that belongs to another table, by its own name or by that of another tool."""
    written = path[-1].lower().replace("-", "_")
    places = dict(_tables_of(model))
    for key in (written, *_SAME_KEYS.get(written, ())):
        tables = [table for table, keys in places.items() if key in keys]
        if key in places.get(".".join(path[:-1]), ()):
            return f"here it is called `{key}`"
        if len(tables) == 1 and tables[0]:
            return f"write `{key}` in the table [{tables[0]}]"
    return None


def _tables_of(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables of settings by their paths, with their keys; of one of several kinds, only the kinds' own."""
    yield ".".join(path), tuple(model.model_fields)
    for key, field in model.model_fields.items():
        for inner in _models(field.annotation):
            yield from _tables_of(inner, (*path, key))


def keys_of(model: type[BaseModel], path: list[str]) -> list[str]:
    """The keys of the table at a path."""
    for key in path:
        annotation: Any = model.model_fields[key].annotation if key in model.model_fields else None
        inner = next((each for each in _models(annotation)), None)
        model = inner or model
    return list(model.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models within an annotation such as `Table | None` or `dict[str, Table]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in get_args(annotation) for found in _models(each)]


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
