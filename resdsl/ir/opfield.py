"""How an op stands in the IR: any op of the registry, told apart by its field `op`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import GetPydanticSchema, SerializeAsAny
from pydantic_core import core_schema

from resdsl.ops.base import Op
from resdsl.ops.registry import op_named


def _to_op(value: object) -> Op:
    if isinstance(value, Op):
        return value
    if not isinstance(value, dict) or not isinstance(value.get("op"), str):
        raise ValueError("an op is an object with a field `op` that names it")
    return op_named(value["op"]).model_validate(value)


def _schema(_source: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        _to_op,
        serialization=core_schema.plain_serializer_function_ser_schema(lambda op: op.model_dump(mode="json")),
    )


AnyOp = Annotated[SerializeAsAny[Op], GetPydanticSchema(_schema)]
