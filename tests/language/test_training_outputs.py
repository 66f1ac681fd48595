"""Outputs that exist in training only, and the heads for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.analysis.conventions.count import counted
from resdsl.analysis.costs import training_costs
from resdsl.analysis.memory.totals import memory
from resdsl.api import from_json
from resdsl.ir.inference import for_inference
from resdsl.ir.json import InvalidJson
from resdsl.report.json import report_record
from resdsl.sweeps.canonical import network_hash
from tests.analysis.measured import peak_bytes, saved_bytes
from tests.draw.drawn import drawn
from tests.draw.figures import words_of
from tests.onnx_lines import without_lines
from tests.random.trial import Trial

HEAD = "block head(classes) { conv 1x1, 4; norm; act; avgpool global; fc classes }\n"
TEXTS = {
    "beside the end": (
        "conv 3x3, 8; as e; conv 3x3, 8; act; as l; from e; aux: head(10); tap a in training; from l; fc 10"
    ),
    "two": "conv 3x3, 8; as e; head(9); tap a in training; from e; head(9); tap b in training; from e; conv 3x3, 4",
    "of layers": "conv 3x3, 8; as e; avgpool global; fc 3; tap a in training; from e; conv 3x3, 8; norm; act",
    "what flows on": "conv 3x3, 8; norm; tap a in training; act; tap b; conv 3x3, 4",
    "within a path": '"x.0": conv 3x3, 8; as e; "x.aux": head(4); tap a in training; from e; "x.1": norm; "x.2": act',
    "shared": (
        "conv 3x3, 8; as e; conv 3x3, 8; as l; from e; shared h: head(4); tap a in training; from l; shared h: head(4)"
    ),
    "with a stage": (
        "conv 3x3, 8; as e; stage s: basic(8) x 3; as l; from e; stage t: basic(8) x 2; tap a in training; from l; fc 2"
    ),
    "unused behind it": (
        "conv 3x3, 8; as e; head(5); tap aux in training; fc 3; act; as idle; fc 4; from e; conv 3x3, 4; norm"
    ),
    "named last": "conv 3x3, 8; as e; head(5); tap aux in training; from e; conv 3x3, 4; output logits",
}


def loaded(statements: str) -> resdsl.Net:
    return resdsl.loads(f"{HEAD}network n(shortcut = B) {{ input 3x8x8; {statements} }}")


def without_heads(net: resdsl.Net) -> resdsl.Net:
    return resdsl.Net(for_inference(net.ir))


@pytest.fixture(params=TEXTS, name="net")
def each_net(request: pytest.FixtureRequest) -> resdsl.Net:
    return loaded(TEXTS[request.param])


def test_everything_that_is_made_of_it_agrees(net: resdsl.Net, tmp_path: Path) -> None:
    Trial(net, tmp_path).run()


def test_memory(net: resdsl.Net) -> None:
    module, images = net.to_torch(), torch.zeros(2, 3, 8, 8)
    found = memory(net.ir, batch=2)
    assert found.saved == saved_bytes(module, images)
    assert found.peak == peak_bytes(module, images)
    assert found.least == memory(for_inference(net.ir), batch=2).least


def test_work_is_that_of_inference_and_parameters_are_all(net: resdsl.Net) -> None:
    inference = without_heads(net)
    assert (net.macs, net.depth) == (inference.macs, inference.depth)
    assert net.params == sum(each.numel() for each in net.to_torch().parameters()) >= inference.params
    record = report_record(net.ir)
    heads = [tap.name for tap in net.ir.outputs if tap.training]
    assert record["training"] == {"outputs": heads, "macs": training_costs(net.ir).macs - net.macs}
    assert counted(net.ir, "thop") == counted(inference.ir, "thop")


def test_outputs_in_both_modes() -> None:
    module, images = loaded(TEXTS["two"]).to_torch(), torch.zeros(2, 3, 8, 8)
    assert {name: tuple(value.shape) for name, value in module(images).items()} == {
        "a": (2, 9),
        "b": (2, 9),
        "output": (2, 4, 8, 8),
    }
    assert module.eval()(images).shape == (2, 4, 8, 8)


def test_what_is_written_for_inference_has_no_heads(tmp_path: Path) -> None:
    net = loaded(TEXTS["beside the end"])
    without = without_heads(net)
    for fold in (False, True):
        paths = [tmp_path / "all.onnx", tmp_path / "without.onnx"]
        for path, each in zip(paths, (net, without), strict=True):
            each.to_onnx(path, fold_bn=fold)
        assert without_lines(paths[0]) == without_lines(paths[1])
    assert net.to_torch_source(fold_bn=True) == without.to_torch_source(fold_bn=True)
    assert not [key for key in net.to_torch(inference=True).state_dict() if key.startswith("aux")]
    assert [key for key in net.to_torch().state_dict() if key.startswith("aux")]


def test_the_module_in_torchscript_and_compiled() -> None:
    module, images = loaded(TEXTS["beside the end"]).to_torch(), torch.zeros(2, 3, 8, 8)
    scripted = torch.jit.script(module)
    assert {*scripted(images)} == {"a", "output"}
    assert scripted.eval()(images).shape == (2, 10)
    compiled = torch.compile(module, backend="eager")
    assert {*compiled(images)} == {"a", "output"}


def test_the_generated_class_has_no_classes_that_its_heads_do_not_follow() -> None:
    text = HEAD + "network n(classes = 10) { input 3x8x8; conv 3x3, 8; as e; %s fc classes }"
    plain = resdsl.loads(text % "").to_torch_source()
    assert "classes: int = 10" in plain
    heads = resdsl.loads(text % "head(classes); tap a in training; from e;").to_torch_source()
    assert "def n(\n    *, weights" in heads or "def n(*, weights" in heads


def test_json_is_version_2_and_version_1_has_no_such_field() -> None:
    net = loaded(TEXTS["beside the end"])
    document = json.loads(net.to_json())
    assert document["resdsl_ir"] == 2
    assert document["network"]["outputs"][0] == {"name": "a", "value": "aux", "training": True}
    assert from_json(net.to_json()).ir == net.ir
    with pytest.raises(InvalidJson, match=r"\$\.network\.outputs\[0\]\.training: unknown key in version 1"):
        from_json(json.dumps({**document, "resdsl_ir": 1}))


def test_a_variant_adds_a_head_of_training() -> None:
    text = (
        "network base { input 3x8x8; conv 3x3, 8; act; fc 4 }\nnetwork n = base { tap early after conv1 in training }"
    )
    (early, last) = resdsl.loads(text, "n").ir.outputs
    assert (early.name, early.training, last.training) == ("early", True, False)


def test_a_network_that_differs_in_this_alone_is_another() -> None:
    both, trained = (loaded(f"conv 3x3, 8; tap a{words}; act") for words in ("", " in training"))
    assert network_hash(both.ir) != network_hash(trained.ir)


def test_figures_mark_them() -> None:
    assert "a (training)" in " ".join(words_of(drawn(loaded(TEXTS["beside the end"]).ir, view="lattice")))


def test_training_is_a_name_elsewhere() -> None:
    text = "network n(training = 8) { input 3x8x8; conv 3x3, training; tap training in training; fc training }"
    assert resdsl.loads(text).ir.outputs[0].name == "training"
