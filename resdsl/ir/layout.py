"""The layout of our JSON: whatever fits on one line is on one line, so that a layer reads like a row."""

from __future__ import annotations

import json
from typing import Any

from resdsl.printable import in_json

WIDTH = 120


def layout(value: Any, indent: int = 0, room: int = WIDTH) -> str:
    """A value as JSON text, without a final line feed.

    A list or object is on one line if it fits into `room` characters, and is otherwise indented by two spaces.

    Raises:
        ValueError: a number is not finite.
    """
    if not isinstance(value, (dict, list)) or not value:
        return _flat(value)
    flat = _flat(value) if _may_fit(value, room) else None
    if flat is not None and len(flat) <= room:
        return flat
    inner = indent + 2
    if isinstance(value, dict):
        lines = [_member(key, item, inner) for key, item in value.items()]
    else:
        lines = [layout(item, inner, WIDTH - inner - 1) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = (",\n" + " " * inner).join(lines)
    return f"{opening}\n{' ' * inner}{body}\n{' ' * indent}{closing}"


def _member(key: str, item: Any, indent: int) -> str:
    head = f"{_flat(key)}: "
    return head + layout(item, indent, WIDTH - indent - len(head) - 1)


def _flat(value: Any) -> str:
    return in_json(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _may_fit(value: Any, room: int) -> bool:
    """A quick check, to avoid writing out what is far too long."""
    items = value.values() if isinstance(value, dict) else value
    return len(value) * 3 <= room and not any(isinstance(item, (dict, list)) and len(item) * 3 > room for item in items)
