"""The JSON Schema (draft 2020-12) of the IR's JSON form, made from the records and the registry of ops."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from resdsl.ir.network import Body, Network
from resdsl.ops.registry import all_ops

VERSION = 1
"""The version of the form. A file of another version is refused, never guessed at."""

_DEFINITIONS = "#/$defs/{model}"


class _Generator(GenerateJsonSchema):
    """Leaves open what an op may be, which pydantic cannot see: the registry says it below."""

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        return {}


def json_schema() -> dict[str, Any]:
    """The schema of what `to_json` writes and `from_json` reads, with the parameters of every op.

    Ops of installed packages are among them. What a schema cannot say is left to `resdsl.ir.verify`: that
    names are known and shapes agree.

    Raises:
        RegistryError: an op that a package offers cannot be had.
    """
    network = Network.model_json_schema(ref_template=_DEFINITIONS, schema_generator=_Generator)
    definitions: dict[str, Any] = network.pop("$defs")
    for caller in ("Call", "Run"):
        definitions[caller]["properties"]["body"] = {"$ref": _DEFINITIONS.format(model="BodyKey")}
    definitions["Layer"]["properties"]["op"] = {"$ref": _DEFINITIONS.format(model="Op")}
    definitions["BodyKey"] = {"type": "string", "description": "A key of the table `bodies`."}
    definitions["Network"] = network
    definitions["Op"] = {"oneOf": [{"$ref": _DEFINITIONS.format(model=f"op_{name}")} for name in all_ops()]}
    for name, op in all_ops().items():
        definitions[f"op_{name}"] = schema = op.model_json_schema(ref_template=_DEFINITIONS)
        definitions.update(schema.pop("$defs", {}))
        schema["required"] = ["op", *(each for each in schema.get("required", ()) if each != "op")]
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "title": "A network of resdsl",
        "type": "object",
        "properties": {
            "resdsl_ir": {"const": VERSION, "description": "The version of this form."},
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
