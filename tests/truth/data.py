"""The reference figures, read; `README.md` says where they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

Model = dict[str, Any]


def zoo() -> dict[str, Model]:
    """The counted networks by name."""
    models: list[Model] = json.loads((HERE / "zoo.json").read_text(encoding="utf-8"))["models"]
    return {model["name"]: model for model in models}


def torchvision() -> dict[str, Model]:
    """The convolutional networks of torchvision by name."""
    models: list[Model] = json.loads((HERE / "torchvision.json").read_text(encoding="utf-8"))["models"]
    return {model["name"]: model for model in models}


def residual_family() -> dict[str, Model]:
    """The rest of the residual family by name."""
    models: list[Model] = json.loads((HERE / "family.json").read_text(encoding="utf-8"))["models"]
    return {model["name"]: model for model in models}


def state_dicts() -> dict[str, Model]:
    """The state dicts by name."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "statedict").glob("*.json"))]
    return {each["name"]: each for each in read}
