"""Our own JSON lifted: the same network."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.ir.json import InvalidJson
from resdsl.ir.walk import state
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.lift import LiftedModel
from resdsl.lifting.originals import WrongSizes
from resdsl.lifting.refusals import NotReadable
from resdsl.sweeps.canonical import network_hash
from tests.lifting.test_sources import names

SMALL = ("resnet20", "densenet121", "mobilenet_v2", "unet_resnet18")


def comes_back(name: str, folder: Path) -> LiftedModel:
    net = resdsl.load(name)
    found = resdsl.lift(net.to("json", folder / f"{net.name}.json"))
    made, own = graph_of(found.net.ir), graph_of(net.ir)
    assert graph_hash(made) == graph_hash(own)
    assert not found.named or modules(made) == modules(own)
    return found


@pytest.mark.parametrize("name", SMALL)
def test_a_network_in_json_comes_back(name: str, tmp_path: Path) -> None:
    net, found = resdsl.load(name).ir, comes_back(name, tmp_path)
    assert network_hash(found.net.ir) == network_hash(net)
    assert [key for key, _ in state(found.net.ir)] == [key for key, _ in state(net)]


@pytest.mark.zoo
@pytest.mark.parametrize("name", names())
def test_every_shipped_network_in_json_comes_back(name: str, tmp_path: Path) -> None:
    assert comes_back(name, tmp_path).named or name == "nonlocal_resnet50"


def test_titles_and_dropout_come_back(tmp_path: Path) -> None:
    text = (
        'network a {\n  input 3x32x32\n  conv 3x3, 8; norm; act\n  stage one "First": basic(8) x 2\n  dropout 0.25\n}\n'
    )
    path = resdsl.loads(text).to("json", tmp_path / "a.json")
    found = resdsl.lift(path)
    assert 'stage one "First": basic(8) x 2' in found.text
    assert "dropout 0.25" in found.text
    assert found.agreement.why_not == "a JSON file has no weights"
    with pytest.raises(WrongSizes, match="cannot be given for a JSON file"):
        resdsl.lift(path, input="3x32x32")


def test_other_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    with pytest.raises(InvalidJson, match=r"a\.json: \$"):
        resdsl.lift(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(NotReadable, match="no JSON: it is not UTF-8"):
        resdsl.lift(path)
