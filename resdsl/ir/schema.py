"""The JSON Schema (draft 2020-12) of the IR's JSON form, made from the records and the registry of ops."""

from __future__ import annotations

from functools import reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from resdsl.ir.network import Body, Network, Tap
from resdsl.ops.base import Op
from resdsl.ops.registry import all_ops
from resdsl.records.checks import Bounds, Length
from resdsl.records.record import MISSING, Record

VERSIONS = (1, 2)
"""The versions of the form that can be read. A file with another version is always refused."""
VERSION = VERSIONS[-1]
LATER: dict[type, tuple[str, ...]] = {Body: ("beside", "also"), Tap: ("training",)}
"""The fields that came with version 2, by their record. They are left out where they are empty."""

_DEFINITIONS = "#/$defs/{model}"


def json_schema() -> dict[str, Any]:
    """The schema of what `to_json` writes and `from_json` reads, with the parameters of every op.

    It includes the ops of installed packages. What a schema cannot express is left to `resdsl.ir.verify`: that names
    are known and that shapes agree.

    Raises:
        RegistryError: an op that a package offers cannot be loaded.
    """
    network = _model(Network).model_json_schema(ref_template=_DEFINITIONS)
    definitions: dict[str, Any] = network.pop("$defs")
    for caller in ("Call", "Run"):
        definitions[caller]["properties"]["body"] = {"$ref": _DEFINITIONS.format(model="BodyKey")}
    definitions["Layer"]["properties"]["op"] = {"$ref": _DEFINITIONS.format(model="Op")}
    definitions["BodyKey"] = {"type": "string", "description": "A key of the table `bodies`."}
    definitions["Network"] = network
    definitions["Op"] = {"oneOf": [{"$ref": _DEFINITIONS.format(model=f"op_{name}")} for name in all_ops()]}
    for name, op in all_ops().items():
        definitions[f"op_{name}"] = schema = _model(op).model_json_schema(ref_template=_DEFINITIONS)
        definitions.update(schema.pop("$defs", {}))
        schema["required"] = ["op", *(each for each in schema.get("required", ()) if each != "op")]
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "A network of resdsl",
        "type": "object",
        "properties": {
            "resdsl_ir": {"enum": list(VERSIONS), "description": "The version of this form."},
            "bodies": {
                "type": "object",
                "additionalProperties": {"$ref": _DEFINITIONS.format(model=Body.__name__)},
                "description": "Every distinct body once, by a key of its own.",
            },
            "network": {"$ref": _DEFINITIONS.format(model=Network.__name__)},
        },
        "required": ["resdsl_ir", "bodies", "network"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def _model(record: type[Record]) -> type[BaseModel]:
    """A pydantic model with the fields of a record, from which the schema is made."""
    models: dict[str, type[BaseModel]] = {}
    _add_model(record, models)
    for model in models.values():
        model.model_rebuild(_types_namespace={_reference(name): each for name, each in models.items()})
    return models[record.__name__]


def _add_model(record: type[Record], models: dict[str, type[BaseModel]]) -> None:
    """Make the models of a record and its nested records; these may be recursive, so all are named first."""
    if record.__name__ in models:
        return
    models[record.__name__] = BaseModel
    fields: dict[str, Any] = {
        name: (_as_pydantic(field.annotation, models), ... if field.default is MISSING else field.default)
        for name, field in record.fields().items()
    }
    config = ConfigDict(extra="forbid", defer_build=True)
    models[record.__name__] = create_model(record.__name__, __config__=config, __doc__=record.__doc__, **fields)


def _reference(record: str) -> str:
    """The name by which annotations refer to the model of a record, which may not exist yet."""
    return f"{record}Model"


def _as_pydantic(annotation: Any, models: dict[str, type[BaseModel]]) -> Any:
    """The pydantic form of an annotation of a record."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[_as_pydantic(arguments[0], models), *map(_mark, arguments[1:])]
    if origin is tuple:
        return GenericAlias(tuple, (_as_pydantic(arguments[0], models), ...))
    if origin in (Union, UnionType):
        return reduce(or_, [_as_pydantic(each, models) for each in arguments])
    if annotation is Op:  # the registry says below what an op may be
        return Any
    if isinstance(annotation, type) and issubclass(annotation, Record):
        _add_model(annotation, models)
        return ForwardRef(_reference(annotation.__name__))
    return annotation


def _mark(mark: object) -> object:
    if isinstance(mark, Bounds):
        return Field(ge=mark.ge, gt=mark.gt, le=mark.le, lt=mark.lt)
    if isinstance(mark, Length):
        return Field(min_length=mark.least, max_length=mark.most)
    return mark
