"""The JSON Schema (draft 2020-12) of the cost report, generated from the columns."""

from __future__ import annotations

from typing import Any, get_args

from resdsl.analysis.dtypes import WIDTHS
from resdsl.analysis.rows.tree import Kind
from resdsl.ir.network import Role
from resdsl.report.columns import COLUMNS, OF_PRODUCTS
from resdsl.report.json import COUNTED, DEMANDED, MEMORY, TRAINED, VERSION

_WHOLE = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 1}, "description": "Of one sample, channels first."}

_FIELDS = ("receptive_field", "shortest_field", "effective_stride")
_PER_AXIS = ", axis by axis; null where it covers the whole input, or none of the first input"


def json_schema() -> dict[str, Any]:
    """The schema of the output of `resdsl.report.json.to_json`: one report, or an array of them."""
    report = {"$ref": "#/$defs/Report"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A cost report of resdsl",
        "oneOf": [report, {"type": "array", "items": report, "minItems": 2}],
        "$defs": {"Report": _report(), "Row": _row(), "Totals": _record(_counts() | _demands())},
    }


def _report() -> dict[str, Any]:
    shapes = {"type": "object", "additionalProperties": _SHAPE}
    words = {"type": "object", "additionalProperties": _TEXT}
    report = _record(
        {
            "resdsl_report": {"const": VERSION, "description": "The version of this format."},
            "resdsl": _wording(_TEXT, "The version of resdsl that counted."),
            "network": _TEXT,
            "arguments": _wording(words, "The network's parameters, in the syntax of the language."),
            "settings": _wording(words, "The settings at its top level."),
            "inputs": shapes,
            "outputs": shapes,
            "batch": _wording(
                {"type": "integer", "minimum": 1}, "The number of samples that operations and outputs are counted for."
            ),
            "dtype": {"enum": list(WIDTHS), "description": "The data type that bytes are counted for."},
            "device": _wording(_or_null(_device()), "The device that times are given for."),
            "convention": _wording(_TEXT, "The definition of `macs`, in words."),
            "strides": _wording(_or_null(_TEXT), "Where blocks stride, in words; null if none does."),
            "shortcuts": _record(
                {
                    "setting": _or_null(_TEXT),
                    **dict.fromkeys(("identity", "zero_padded", "projection"), _WHOLE),
                }
            ),
            "memory": _wording(
                _or_null(_record({f"{name}_bytes": _WHOLE for name in MEMORY})),
                "Memory for inference and training; null for a data type without gradients.",
            ),
            "totals": {"$ref": "#/$defs/Totals"},
            "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}, "description": "They sum to the totals."},
        }
    )
    in_training = _record({"outputs": {"type": "array", "items": _TEXT}, "macs": _WHOLE})
    description = "The outputs that exist in training only, if there are any, and the macs for them, not in the totals."
    report["properties"]["training"] = _wording(in_training, description)
    return report


def _device() -> dict[str, Any]:
    rate = {"type": "number", "exclusiveMinimum": 0, "description": "Per second."}
    return _record({"name": _TEXT, "title": _TEXT, "flops": rate, "bandwidth": rate, "source": _TEXT})


def _row() -> dict[str, Any]:
    rows = {"type": "array", "items": {"$ref": "#/$defs/Row"}}
    shapes = {"type": "array", "items": _SHAPE}
    sizes = {"type": "array", "items": {"type": "number", "minimum": 0}}
    return _record(
        {
            "path": _wording(
                _TEXT, "The module path; for consecutive repeats, from the first to the last: `layer1.0-2`."
            ),
            "name": _TEXT,
            "kind": {"enum": list(get_args(Kind))},
            "role": {"enum": list(get_args(Role))},
            "op": _wording(_or_null(_TEXT), "The op of a layer."),
            "repeats": _wording(
                {"type": "integer", "minimum": 1},
                "How many consecutive equal parts it stands for, within its parent.",
            ),
            "inputs": shapes,
            "outputs": shapes,
            **_counts(),
            **_demands(),
            **{name: _wording(_or_null(sizes), COLUMNS[name].says + _PER_AXIS) for name in _FIELDS},
            "parts": _wording(rows, "Rows that sum to this one; empty for a leaf of the tree."),
        }
    )


def _counts() -> dict[str, Any]:
    return {name: _wording(_WHOLE, COLUMNS[name].says) for name in (*COUNTED, *OF_PRODUCTS)} | {
        name: _wording(_or_null(_WHOLE), f"{COLUMNS[name].says}; null for a data type without gradients")
        for name in TRAINED
    }


def _demands() -> dict[str, Any]:
    amount = _or_null({"type": "number", "minimum": 0})
    return {name: _wording(amount, f"{COLUMNS[name].says}; null where it is unknown") for name in DEMANDED}


def _record(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties; those of products of matrices may be left out."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in OF_PRODUCTS],
        "additionalProperties": False,
    }


def _wording(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
