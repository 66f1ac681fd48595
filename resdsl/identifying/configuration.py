"""The shipped network that a `config.json` of timm or of transformers describes, beside which weights lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resdsl.identifying.identify import Described, setting_text
from resdsl.identifying.index import ShippedNetwork, shipped_index, with_channels
from resdsl.refusal import Refused

_LARGEST = 1 << 20
"""The most bytes of a configuration; those of models are a few thousand."""
_USUAL = {"embedding_size": 64, "hidden_act": "relu", "downsample_in_first_stage": False}
"""Keys of a ResNet of transformers, with the values that shipped networks have."""
_RESNETS = Path(__file__).with_name("transformers.json")
"""The shipped networks by the keys that transformers describes them with."""
_KEYS = {"layer_type", "depths", "hidden_sizes"}


class UnknownConfiguration(Refused):
    """A configuration describes no shipped network, or is not one of timm or transformers."""


def described_by(path: Path) -> Described:
    """The shipped network that a configuration describes, with its settings.

    Raises:
        OSError: the file cannot be read.
        UnknownConfiguration: the file is not a configuration of timm or of a ResNet of transformers, or no shipped
            network is as it says.
    """
    found = _read(path)
    if isinstance(found.get("architecture"), str):
        return _of_timm(path.name, found)
    if found.get("model_type") == "resnet":
        return _of_transformers(path.name, found)
    if "resdsl_ir" in found:
        raise UnknownConfiguration(f"{path.name} is a network of resdsl itself; `resdsl lift` writes its spec")
    raise UnknownConfiguration(
        f"{path.name} has neither `architecture`, as timm writes it, nor `model_type` resnet, as transformers does"
    )


def _read(path: Path) -> Mapping[str, Any]:
    if path.stat().st_size > _LARGEST:
        raise UnknownConfiguration(f"{path.name} has more than {_LARGEST:_} bytes, so it is not a configuration")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnknownConfiguration(f"{path.name} is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise UnknownConfiguration(f"{path.name} is not a JSON object")
    return found


def _of_timm(file: str, found: Mapping[str, Any]) -> Described:
    name = found["architecture"]
    inner = found.get("pretrained_cfg")
    inputs = inner.get("input_size") if isinstance(inner, dict) else None
    return _described(file, name, found.get("num_classes"), inputs[0] if isinstance(inputs, list) and inputs else None)


def _of_transformers(file: str, found: Mapping[str, Any]) -> Described:
    for key, usual in _USUAL.items():
        if found.get(key, usual) != usual:
            raise UnknownConfiguration(f"{file}: no shipped network has {key} = {found[key]!r}; they have {usual!r}")
    rows = json.loads(_RESNETS.read_text(encoding="utf-8"))
    row = next((row for row in rows if all(found.get(key) == row[key] for key in _KEYS)), None)
    if row is None:
        given = ", ".join(f"{key} = {json.dumps(found.get(key))}" for key in sorted(_KEYS))
        raise UnknownConfiguration(f"{file}: no shipped network has {given}")
    labels = found.get("id2label")
    classes = len(labels) if isinstance(labels, dict) else None
    further = row.get("if_downsample_in_bottleneck", {}) if found.get("downsample_in_bottleneck") else {}
    return _described(file, row["network"], classes, found.get("num_channels"), further, rename="transformers")


def _described(
    file: str,
    name: str,
    classes: object,
    channels: object,
    further: Mapping[str, str] | None = None,
    rename: str | None = None,
) -> Described:
    network = next((each for each in shipped_index() if each.network == name), None)
    if network is None:
        raise UnknownConfiguration(f"{file}: no shipped network is called {name!r}")
    settings = dict(further or {})
    if _differs(network, "classes", classes):
        settings["classes"] = setting_text(classes)  # type: ignore[arg-type]
    if _differs(network, "input", channels) and network.input:
        settings["input"] = with_channels(network.input, channels)  # type: ignore[arg-type]
    return Described(name, tuple(settings.items()), rename)


def _differs(network: ShippedNetwork, setting: str, value: object) -> bool:
    usual = {each.setting: each.default for each in network.open}
    return type(value) is int and value > 0 and setting in usual and usual[setting] != value
