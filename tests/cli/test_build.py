"""`resdsl build`: what is written, where, and what never is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import onnx
import pytest

from tests.cli.running import Command, run_process
from tests.onnx_lines import without_lines

SMALL = """network small(width = 8, classes = 10, shortcut = B) {
  input 3x16x16
  conv 3x3, width; norm; act
  stage layer1: basic(width * 2) x 2, /2
  avgpool global
  fc classes
  expect depth = 6
}
"""
BROKEN = SMALL.replace("basic", "bsic")
TWO = SMALL + "network wide = small(width = 16)\n"


def test_without_a_place_the_file_is_named_after_the_network(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "onnx")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("wrote small.onnx (")
    assert "small, depth 6, " in ended.out
    assert "replacing" not in ended.out
    onnx.checker.check_model(str(resdsl.folder / "small.onnx"))


def test_place_is_chosen_with_o(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    (resdsl.folder / "made").mkdir()
    assert resdsl("build", "small.res", "--to", "json", "-o", "made/net.json").code == 0
    assert json.loads((resdsl.folder / "made/net.json").read_text())["network"]["name"] == "small"
    assert not (resdsl.folder / "small.json").exists()


def test_what_is_replaced_is_said(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    resdsl.write("small.json", "x" * 1234)
    assert "replacing 1.2 kB" in resdsl("build", "small.res", "--to", "json").out


def test_summary_as_json(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    record = json.loads(resdsl("build", "small.res", "--to", "json", "--summary", "json").out)
    size = (resdsl.folder / "small.json").stat().st_size
    assert record.pop("seconds") >= 0
    assert record.pop("params") > 0
    assert record.pop("macs") > 0
    assert record == {"path": "small.json", "bytes": size, "replaced_bytes": None, "network": "small", "depth": 6}


def test_text_from_the_standard_input(resdsl: Command) -> None:
    ended = resdsl("build", "-", "--to", "json", "-o", "-", stdin=SMALL)
    assert ended.code == 0
    assert json.loads(ended.out)["network"]["name"] == "small"
    assert list(resdsl.folder.iterdir()) == []


def test_problem_of_the_standard_input_names_it(resdsl: Command) -> None:
    ended = resdsl("build", "-", "--to", "json", stdin=BROKEN)
    assert ended.code == 1
    assert "--> <stdin>:4:17" in ended.err


@pytest.mark.parametrize("command", [("build", "-", "--to", "json"), ("check", "-")])
def test_standard_input_must_be_text(resdsl: Command, command: tuple[str, ...]) -> None:
    ended = resdsl(*command, stdin=b"\xff\xfe")
    assert ended.code == 1
    assert "RES100" in ended.err
    assert "UTF-8" in ended.err


@pytest.mark.parametrize(("name", "depth"), [("resnet18", 18), ("resnet20", 20), ("plain18", 18)])
def test_shipped_network_by_name(resdsl: Command, name: str, depth: int) -> None:
    record = json.loads(resdsl("build", name, "--to", "json", "--summary", "json").out)
    assert (record["path"], record["network"], record["depth"]) == (f"{name}.json", name, depth)


def test_unknown_name_is_told_with_a_suggestion(resdsl: Command) -> None:
    ended = resdsl("build", "resnet43", "--to", "json")
    assert ended.code == 1
    assert "RES604" in ended.err
    assert "did you mean `resnet34`?" in ended.err


def test_network_is_chosen(resdsl: Command) -> None:
    resdsl.write("both.res", TWO)
    ended = resdsl("build", "both.res", "--to", "json")
    assert ended.code == 1
    assert "RES514" in ended.err
    assert "small, wide" in ended.err
    assert resdsl("build", "both.res", "--to", "json", "--network", "wide").out.startswith("wrote wide.json")
    ended = resdsl("build", "both.res", "--to", "json", "--network", "wede")
    assert ended.code == 1
    assert "did you mean `wide`?" in ended.err


def test_network_named_as_its_file_is_the_one(resdsl: Command) -> None:
    resdsl.write("small.res", TWO)
    assert resdsl("build", "small.res", "--to", "json").out.startswith("wrote small.json")


def test_values_are_expressions(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    made = []
    for setting in ("width=16", "width = 2 ** 4", "width=max([3, 16])"):
        record = json.loads(resdsl("build", "small.res", "--to", "json", "--set", setting, "--summary", "json").out)
        made.append(record["params"])
    assert made[0] == made[1] == made[2]
    assert made[0] > json.loads(resdsl("build", "small.res", "--to", "json", "--summary", "json").out)["params"]


def test_settings_flow_inward(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    assert resdsl("build", "small.res", "--to", "json", "--set", "act=gelu", "--set", "shortcut=C").code == 0
    text = (resdsl.folder / "small.json").read_text()
    assert "gelu" in text
    assert "relu" not in text


def test_unknown_value_is_refused_with_a_suggestion(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", "--set", "clases=100")
    assert ended.code == 1
    assert "RES310" in ended.err
    assert "did you mean `classes`?" in ended.err
    assert not (resdsl.folder / "small.json").exists()


def test_value_that_is_no_expression_is_refused(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", "--set", "width=8 +")
    assert ended.code == 1
    assert "RES102" in ended.err


@pytest.mark.parametrize("setting", ["width", "=3", "1x=3", "width="])
def test_value_without_a_name_is_a_fault_of_usage(resdsl: Command, setting: str) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", "--set", setting)
    assert ended.code == 2
    assert "NAME=VALUE" in ended.err


def test_value_without_effect_is_told(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", "--set", "width=8")
    assert ended.code == 0
    assert "warning[RES516]: `width` changes nothing" in ended.err


def test_other_input(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    record = json.loads(resdsl("build", "small.res", "--to", "json", "--input", "3x32x32", "--summary", "json").out)
    plain = json.loads(resdsl("build", "small.res", "--to", "json", "--summary", "json").out)
    assert record["params"] == plain["params"]
    assert record["macs"] > 3 * plain["macs"]
    assert resdsl("build", "small.res", "--to", "json", "--input", "3x", "--summary", "json").code == 1
    twice = resdsl("build", "small.res", "--to", "json", "--input", "3x8x8", "--set", "input=3x8x8")
    assert twice.code == 2


def test_seed_changes_the_weights_and_nothing_else(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    made = {}
    for seed in ("0", "1", None):
        options = () if seed is None else ("--seed", seed)
        assert resdsl("build", "small.res", "--to", "onnx", *options).code == 0
        made[seed] = (resdsl.folder / "small.onnx").read_bytes()
    assert made["0"] == made[None]
    assert made["0"] != made["1"]
    assert len(made["0"]) == len(made["1"])


@pytest.mark.parametrize("options", [("--seed", "1"), ("--weights", "w.safetensors")])
def test_json_has_no_weights(resdsl: Command, options: tuple[str, str]) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", *options)
    assert ended.code == 2
    assert "no effect" in ended.err


def test_weights_that_do_not_fit_are_told_by_name(resdsl: Command) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    resdsl.write("small.res", SMALL)
    resdsl.write("small.onnx", "old")
    save_file({"conv1.weight": np.zeros((8, 3, 3, 5), np.float32)}, resdsl.folder / "w.safetensors")
    ended = resdsl("build", "small.res", "--to", "onnx", "--weights", "w.safetensors")
    assert ended.code == 1
    assert "conv1.weight" in ended.err
    assert (resdsl.folder / "small.onnx").read_text() == "old"


def test_weights_that_are_none(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    resdsl.write("w.safetensors", "no weights")
    assert resdsl("build", "small.res", "--to", "onnx", "--weights", "w.safetensors").code == 1
    assert resdsl("build", "small.res", "--to", "onnx", "--weights", "nowhere.safetensors").code == 2
    assert not (resdsl.folder / "small.onnx").exists()


@pytest.mark.parametrize("target", ["json", "onnx"])
def test_broken_spec_replaces_nothing(resdsl: Command, target: str) -> None:
    resdsl.write("small.res", BROKEN)
    resdsl.write(f"small.{target}", "old")
    assert resdsl("build", "small.res", "--to", target).code == 1
    assert (resdsl.folder / f"small.{target}").read_text() == "old"
    assert sorted(path.name for path in resdsl.folder.iterdir()) == [f"small.{target}", "small.res"]


@pytest.mark.parametrize("name", ["small.res", "./small.res", "link.res"])
def test_spec_is_not_overwritten(resdsl: Command, name: str) -> None:
    resdsl.write("small.res", SMALL)
    os.link(resdsl.folder / "small.res", resdsl.folder / "link.res")
    ended = resdsl("build", "small.res", "--to", "json", "-o", name)
    assert ended.code == 2
    assert "would be overwritten" in ended.err
    assert (resdsl.folder / "small.res").read_text() == SMALL


@pytest.mark.parametrize("place", ["nowhere/net.json", "small.res/net.json", "."])
def test_place_that_cannot_be_written(resdsl: Command, place: str) -> None:
    resdsl.write("small.res", SMALL)
    ended = resdsl("build", "small.res", "--to", "json", "-o", place)
    assert ended.code == 2
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert [path.name for path in resdsl.folder.iterdir()] == ["small.res"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interrupted_writing_leaves_the_old_file(
    resdsl: Command, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException] | BaseException
) -> None:
    resdsl.write("small.res", SMALL)
    resdsl.write("small.json", "old")

    def stop(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise interruption

    monkeypatch.setattr(Path, "write_bytes", stop)
    ended = resdsl("build", "small.res", "--to", "json")
    assert ended.code == (2 if isinstance(interruption, OSError) else 130)
    assert (resdsl.folder / "small.json").read_text() == "old"
    assert sorted(path.name for path in resdsl.folder.iterdir()) == ["small.json", "small.res"]


def test_json_gives_the_same_model_as_the_text(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    assert resdsl("build", "small.res", "--to", "json", "-o", "net.json").code == 0
    assert resdsl("build", "small.res", "--to", "onnx", "-o", "text.onnx").code == 0
    assert resdsl("build", "net.json", "--to", "onnx", "-o", "json.onnx").code == 0
    assert onnx.load(resdsl.folder / "json.onnx") == without_lines(resdsl.folder / "text.onnx")


def test_json_that_is_no_network(resdsl: Command) -> None:
    resdsl.write("net.json", "{}")
    ended = resdsl("build", "net.json", "--to", "onnx")
    assert ended.code == 1
    assert ended.err.startswith("error: ")


def test_json_takes_no_values(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    resdsl("build", "small.res", "--to", "json", "-o", "net.json")
    ended = resdsl("build", "net.json", "--to", "onnx", "--set", "width=16")
    assert ended.code == 1
    assert "finished" in ended.err


def test_model_is_not_written_to_the_terminal(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    assert resdsl("build", "small.res", "--to", "onnx", "-o", "-").code == 2


@pytest.mark.parametrize("text", ["stage s: basic(8) x 10**9", "stage s: deep(8) x 100"])
def test_model_of_too_many_layers_is_refused(resdsl: Command, text: str) -> None:
    blocks = "\n".join(f"block b{i} {{ b{i + 1}; b{i + 1} }}" for i in range(30))
    deep = f"{blocks}\nblock b30 {{ norm }}\nblock deep(width) {{ conv 3x3, width; b0 }}\n"
    resdsl.write("deep.res", f"{deep}network deep_one(shortcut = B) {{ input 3x8x8; {text}; fc 10 }}")
    assert resdsl("check", "deep.res").code == 0
    ended = resdsl("build", "deep.res", "--to", "onnx")
    assert ended.code == 1
    assert "layers" in ended.err
    assert [path.name for path in resdsl.folder.iterdir()] == ["deep.res"]


def test_process_writes_the_same_bytes(resdsl: Command) -> None:
    resdsl.write("small.res", SMALL)
    assert resdsl("build", "small.res", "--to", "onnx", "-o", "one.onnx").code == 0
    ended = run_process(resdsl.folder, "build", "small.res", "--to", "onnx", "-o", "two.onnx")
    assert (ended.code, ended.err) == (0, "")
    assert (resdsl.folder / "one.onnx").read_bytes() == (resdsl.folder / "two.onnx").read_bytes()
