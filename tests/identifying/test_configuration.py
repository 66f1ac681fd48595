"""Networks from the `config.json` beside weights, as timm and transformers write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import resdsl
from resdsl.cli.main import cli
from resdsl.identifying.configuration import UnknownConfiguration, described_by
from resdsl.identifying.networks import shipped_network

RESNET_50: dict[str, Any] = {
    "model_type": "resnet",
    "embedding_size": 64,
    "hidden_sizes": [256, 512, 1024, 2048],
    "depths": [3, 4, 6, 3],
    "layer_type": "bottleneck",
    "hidden_act": "relu",
    "downsample_in_first_stage": False,
    "num_channels": 3,
}
"""As `transformers.ResNetConfig` writes it, less what is not of the network."""


def written(folder: Path, content: object) -> Path:
    """A configuration in a file."""
    path = folder / "config.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_timm_names_networks_and_classes(tmp_path: Path) -> None:
    path = written(
        tmp_path, {"architecture": "seresnet50", "num_classes": 10, "pretrained_cfg": {"input_size": [4, 9, 9]}}
    )
    found = described_by(path)
    assert (found.network, found.settings, found.rename) == (
        "seresnet50",
        (("classes", "10"), ("input", "4x224x224")),
        None,
    )


@pytest.mark.parametrize(
    ("changes", "network", "settings"),
    [
        ({}, "resnet50", ()),
        ({"depths": [3, 8, 36, 3]}, "resnet152", ()),
        ({"layer_type": "basic", "hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2]}, "resnet18", ()),
        ({"downsample_in_bottleneck": True}, "resnet50", (("stride_at", "1x1"),)),
        ({"id2label": {"0": "cat", "1": "dog"}}, "resnet50", (("classes", "2"),)),
    ],
)
def test_transformers_describes_depths_and_blocks(
    changes: dict[str, Any], network: str, settings: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    found = described_by(written(tmp_path, RESNET_50 | changes))
    assert (found.network, found.settings, found.rename) == (network, settings, "transformers")
    assert shipped_network(network, dict(settings)) is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "has neither `architecture`, as timm writes it, nor"),
        ([], "is not a JSON object"),
        (json.loads(resdsl.load("resnet20").to_json()), "is a network of resdsl itself; `resdsl lift` writes its spec"),
        ({"architecture": "vit_base"}, "no shipped network is called 'vit_base'"),
        (RESNET_50 | {"embedding_size": 32}, "no shipped network has embedding_size = 32; they have 64"),
        (RESNET_50 | {"depths": [1, 1, 1, 1]}, "no shipped network has depths = .1, 1, 1, 1., hidden_sizes"),
        (RESNET_50 | {"hidden_sizes": [1]}, "no shipped network has depths"),
        (RESNET_50 | {"layer_type": []}, "no shipped network has depths"),
    ],
)
def test_what_is_not_known_is_refused(content: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownConfiguration, match=message):
        described_by(written(tmp_path, content))


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("[" * 100_000)
    with pytest.raises(UnknownConfiguration, match="is not valid JSON"):
        described_by(path)


def test_the_command_says_what_a_configuration_describes(tmp_path: Path) -> None:
    path = written(tmp_path, RESNET_50 | {"id2label": {"0": "cat", "1": "dog"}})
    result = CliRunner().invoke(cli, ["identify", str(path)])
    assert result.exit_code == 0
    assert result.output == (
        f"{path} describes this network:\n\n  resdsl report resnet50 --set classes=2\n\n"
        "Its weights have other names here: give --rename transformers with --weights.\n"
    )
    record = json.loads(CliRunner().invoke(cli, ["identify", str(path), "--format", "json"]).output)
    assert record == {"network": "resnet50", "settings": {"classes": "2"}, "rename": "transformers"}
