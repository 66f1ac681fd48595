"""Blocks that are nearly alike, written as one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.check import graph_hash, graph_of, modules
from resdsl.lifting.lifted import lifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.without_names import without_metadata, without_names


def text_of(spec: str, folder: Path) -> str:
    """What a network is lifted to without names, blanks for alignment aside."""
    net, path = resdsl.loads(spec), folder / "net.onnx"
    net.to_onnx(path, no_weights=True)
    without_names(path)
    found = lifted(read_onnx(path), "net")
    assert graph_hash(graph_of(found.network)) == graph_hash(graph_of(net.ir))
    assert resdsl.format_text(found.text) == found.text
    return re.sub(" +", " ", found.text)


INVERTED = """
block unit(width, stride = 1, expansion = 6, adds = true) {
  residual identity {
    if expansion != 1 { conv 1x1, channels * expansion; norm; act }
    conv 3x3, channels * expansion, /stride, groups=channels * expansion; norm; act
    conv 1x1, width; norm
  }
}
block narrow(width, stride = 1) {
  conv 1x1, channels * 6; norm; act
  conv 3x3, channels * 6, /stride, groups=channels * 6; norm; act
  conv 1x1, width; norm
}
network net(act = relu6) {
  input 3x32x32
  conv 3x3, 16; norm; act
  unit(16, expansion=1)
  narrow(24, /2); unit(24); unit(24)
  narrow(32); unit(32)
  narrow(64, /2); unit(64); unit(64)
  avgpool global
  fc 10
}
"""


def test_inverted_residuals_are_one_block_with_and_without_the_sum(tmp_path: Path) -> None:
    text = text_of(INVERTED, tmp_path)
    assert text.count("block ") == 1
    assert "shortcut = if stride == 1 and channels == width then same else none" in text
    assert "if expansion != 1 { conv 1x1, channels * expansion; norm; act }" in text
    for stage in ("unit(16, expansion=1)", "unit(24) x 3, /2", "unit(32) x 2", "unit(64) x 3, /2"):
        assert f": {stage} ->" in text


def body(inner: str, first: str, outer: str) -> str:
    return f"""
block one(width, stride = 1, changes = false, last = false, factor = 0.5, kind = relu) {{
  residual {{
    {first}
    conv 1x1, width, /stride; norm; kind
    conv 3x3, width; norm; kind
    {inner}
    conv 1x1, width * 2; norm
  }}
  {outer}
}}
"""


NET = """
network net(shortcut = B) {{
  input 3x32x32
  conv 3x3, 16; norm; act
  {calls}
  avgpool global
  fc 10
}}
"""


@pytest.mark.parametrize(
    ("inner", "calls", "wanted"),
    [
        (
            "if stride != 1 { avgpool 3x3 } else { maxpool 3x3 }",
            "one(16, /2); one(16); one(24, /2); one(24)",
            ("if stride != 1 { avgpool 3x3 } else { maxpool 3x3 }", "unit(16) x 2, /2", "unit(24) x 2, /2"),
        ),
        (
            "if changes { maxpool 3x3 }",
            "one(16, changes=true); one(16); one(24, /2, changes=true); one(24)",
            ("if stride != 1 or channels != width * 2 { maxpool 3x3 }", "unit(16) x 2 ", "unit(24) x 2, /2"),
        ),
        (
            "if last { maxpool 3x3 }",
            "one(16); one(16); one(16, last=true); one(24, /2); one(24, last=true)",
            ("with_maxpool = false", "if with_maxpool { maxpool 3x3 }", "unit(16, with_maxpool=i == n - 1) x 3"),
        ),
        (
            "scale factor",
            "one(16); one(16, factor=0.25); one(16, factor=0.125); one(24, /2)",
            ("scale factor", "unit(16, factor=[0.5, 0.25, 0.125][i]) x 3"),
        ),
        (
            "",
            "one(16, kind=silu); one(16, kind=silu); one(24, /2); one(24); one(24)",
            ("unit(16, act=silu) x 2", "unit(24) x 3, /2"),
        ),
    ],
)
def test_what_differs_is_a_condition_or_an_argument(
    inner: str, calls: str, wanted: tuple[str, ...], tmp_path: Path
) -> None:
    text = text_of(body(inner, "", "") + NET.format(calls=calls), tmp_path)
    assert text.count("block ") == 1
    for each in wanted:
        assert each in text


def test_widths_that_grow_are_a_list_in_one_stage(tmp_path: Path) -> None:
    calls = "; ".join(f"one({width})" for width in (16, 18, 20, 22, 23))
    text = text_of(body("", "", "") + NET.format(calls=calls), tmp_path)
    assert "unit([16, 18, 20, 22, 23][i]) x 5" in text
    calls = "; ".join(f"one({width})" for width in (16, 18, 20, 22, 24))
    text = text_of(body("", "", "") + NET.format(calls=calls), tmp_path)
    assert "unit(16 + 2 * i) x 5" in text


def test_blocks_of_other_kernels_stay_apart(tmp_path: Path) -> None:
    one, two = (
        f"{{ residual {{ conv {size}, 32; norm; act; conv {size}, 32; norm }}; act }}" for size in ("3x3", "1x1")
    )
    text = text_of(f"block a {one}\nblock b {two}\n" + NET.format(calls="a; a; b; b"), tmp_path)
    assert "block " not in text
    assert "stage stage2: [1x1, 32; 1x1, 32] x 2 ->" in text


WIDE = """
block wide(width, stride = 1, kernel = 5x5) {
  residual { conv kernel, width, /stride; norm; act; conv 3x3, width; norm }
  act
}
"""


def test_blocks_that_the_library_does_not_have_are_brackets(tmp_path: Path) -> None:
    calls = 'stage "one": wide(16) x 2; stage "two": wide(24) x 3, /2'
    text = text_of(WIDE + NET.format(calls=calls), tmp_path)
    assert "block " not in text
    assert "stage stage1: [5x5, 16; 3x3, 16] x 2 -> 16x32x32" in text
    assert "stage stage2: [5x5, 24; 3x3, 24] x 3, /2 -> 24x16x16" in text


def test_a_block_is_defined_where_its_width_grows_or_its_stride_is_not_that_of_a_bracket(tmp_path: Path) -> None:
    text = text_of(WIDE + NET.format(calls="; ".join(f"wide({width})" for width in (16, 18, 20, 22, 23))), tmp_path)
    assert "unit([16, 18, 20, 22, 23][i]) x 5" in text
    calls = 'stage "one": wide(24, kernel=1x1) x 2, /2; stage "two": wide(48, kernel=1x1) x 2, /2'
    text = text_of(WIDE + NET.format(calls=calls), tmp_path)
    assert "conv 1x1, width, /stride; norm; act" in text


def test_a_bracket_is_a_stage_of_its_own(tmp_path: Path) -> None:
    calls = '"part.a": wide(16); "part.a2": wide(16); "part.b": conv 1x1, 8'
    net, path = resdsl.loads(WIDE + NET.format(calls=calls)), tmp_path / "net.onnx"
    net.to_onnx(path, no_weights=True)
    without_metadata(path)
    found = lifted(read_onnx(path), "net")
    assert found.named
    assert '"part.a": unit' in found.text
    assert "conv 5x5" in found.text


@pytest.mark.parametrize("zeros", ["after", "both"])
def test_a_mean_with_zeros_beside_it_is_the_shortcut_of_a_network(zeros: str, tmp_path: Path) -> None:
    spec = f"""
    shortcut mean {{
      if stride != 1 {{ avgpool 2x2, /stride, pad=0, ceil=true }}
      pad_channels out, zeros="{zeros}"
    }}
    network net(shortcut = mean) {{
      input 3x32x32
      conv 3x3, 8; norm; act
      for width in [8, 13, 16] {{ stage "layer{{width}}": basic(width) x 2, /2 }}
      avgpool global
      fc 10
    }}
    """
    text = text_of(spec, tmp_path)
    assert "network net(shortcut = padded, classes = 10) {" in text
    assert ("pad_channels out\n" if zeros == "after" else 'pad_channels out, zeros="both"\n') in text
    for number, width in enumerate((8, 13, 16), 1):
        assert f"stage stage{number}: basic({width}) x 2, /2 ->" in text


def test_a_maximum_with_zeros_beside_it_is_no_shortcut_of_that_kind(tmp_path: Path) -> None:
    spec = """
    network net {
      input 3x32x32
      conv 3x3, 8; norm; act
      parallel add { conv 3x3, 16, /2; norm } { maxpool 2x2, /2, pad=0; pad_channels 16 }
      parallel add { conv 3x3, 24, /2; norm } { maxpool 2x2, /2, pad=0; pad_channels 24 }
      avgpool global
      fc 10
    }
    """
    text = text_of(spec, tmp_path)
    assert "shortcut" not in text
    assert text.count("maxpool") == 1


@pytest.mark.parametrize("name", ["projection", "padded", "same", "module", "module_2", "tower", "layers", "unit3"])
def test_a_network_is_not_called_as_its_blocks_and_shortcuts_are(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.onnx"
    resdsl.load("resnet20").to_onnx(path, no_weights=True)
    assert f"network net_{name}(" in resdsl.lift(path, run=False).text


FIRST = """
block first(width) {{
  residual {{ "conv": conv 3x3, width, /2; "bn": norm }}
  act
}}
block other(groups = 4) {{
  parallel add {{ "bn": norm }} {{ "conv1": conv 3x3, channels, groups=groups }} {{ "conv2": conv 1x1, channels }}
  act
}}
network net(shortcut = B) {{
  input 3x32x32
  conv 3x3, 16; norm; act
  {calls}
  avgpool global
  fc 10
}}
"""


def named_text_of(spec: str, folder: Path) -> str:
    """What a network is lifted to with its names, blanks for alignment aside."""
    net, path = resdsl.loads(spec), folder / "net.onnx"
    net.to_onnx(path, no_weights=True)
    without_metadata(path)
    found = lifted(read_onnx(path), "net")
    assert found.named
    assert modules(graph_of(found.network)) == modules(graph_of(net.ir))
    return re.sub(" +", " ", found.text)


def series(stage: int, width: int, count: int) -> str:
    """A first block and so many others, every other of which has groups."""
    others = "; ".join(f'"s{stage}.{k}": other({1 + 3 * (k % 2)})' for k in range(1, count))
    return f'"s{stage}.0": first({width}); {others}'


def test_blocks_that_come_first_in_stages_are_one_with_those_that_follow(tmp_path: Path) -> None:
    calls = f"{series(1, 16, 4)}; {series(2, 32, 6)}; {series(3, 64, 16)}"
    text = named_text_of(FIRST.format(calls=calls), tmp_path)
    assert text.count("block ") == 1
    assert "if stride != 1 {" in text
    for stage, width, count in ((1, 16, 4), (2, 32, 6), (3, 64, 16)):
        assert f"stage s{stage}: unit({width}, groups=if i % 2 == 0 then 1 else 4) x {count}, /2 ->" in text


@pytest.mark.parametrize(
    "calls",
    [
        series(1, 16, 6),
        f'{series(1, 16, 4)}; {series(2, 32, 6)}; "s3.0": other; "s3.1": other',
        f'{series(1, 16, 4)}; {series(2, 32, 6)}; "s2.7": other',
    ],
)
def test_blocks_stay_apart_where_not_all_come_behind_a_first_one(calls: str, tmp_path: Path) -> None:
    text = named_text_of(FIRST.format(calls=calls), tmp_path)
    assert text.count("block ") == 2
    assert "if stride" not in text


SHUFFLED = """
block unit(width, stride = 1) {{
  if stride == 1 {{
    split 2; as half
    from half[1]
    branch: work(width // 2)
    as made
    from concat(half[0], made)
  }} else {{
    parallel concat {{ "left": conv 1x1, width // 2, /stride }} {{ branch: work(width // 2, stride) }}
  }}
}}
block work(width, stride = 1) {{ conv1: conv 1x1, width; bn1: norm; act; conv2: conv 3x3, width, /stride; bn2: norm }}
network net {{
  input 3x32x32
  conv 3x3, 16; norm; act
  for s, (width, depth) in [[16, 4], [40, 3], [96, 2]] {{
    for k in 0..depth {{
      "s{{s}}.{{k}}": unit(width, stride=if k == 0 then 2 else 1)
      {last}
    }}
  }}
  avgpool global
  fc 10
}}
"""


@pytest.mark.parametrize("lift", [text_of, named_text_of])
def test_a_shuffle_behind_each_block_is_its_last_layer(lift: Callable[[str, Path], str], tmp_path: Path) -> None:
    text = lift(SHUFFLED.format(last="channel_shuffle 2"), tmp_path)
    assert text.count("block ") == 1
    assert text.count("channel_shuffle 2\n}") == text.count("channel_shuffle") == 1
    stage = "stage s{}" if lift is named_text_of else "stage stage{}"
    for number, (width, depth) in enumerate(((16, 4), (40, 3), (96, 2)), lift is text_of):
        assert f"{stage.format(number)}: mix({width}) x {depth}, /2 ->" in text


def test_a_shuffle_that_does_not_stand_behind_several_blocks_is_a_layer_of_the_network(tmp_path: Path) -> None:
    text = text_of(SHUFFLED.format(last="if s + k == 1 { channel_shuffle 2 }"), tmp_path)
    assert text.count("\n channel_shuffle 2") == 2


NESTED = """
block body(width, stride = 1) { conv1: conv 1x1, width; bn1: norm; act; conv2: conv 3x3, width, /stride; bn2: norm }
block unit(width, stride = 1) { residual { f: body(width, stride) }; act }
network net(shortcut = B(path="proj")) {
  input 3x32x32
  conv 3x3, 16; norm; act
  stage "block1": unit(24) x 3, /2, path="block1-{i}"
  stage "block2": unit(32) x 2, /2, path="block2-{i}"
  avgpool global
  fc 10
}
"""


def test_blocks_with_all_their_weights_in_the_body_have_the_path_of_the_module_around_it(tmp_path: Path) -> None:
    text = named_text_of(NESTED, tmp_path)
    assert text.count("block unit") == text.count("block ") == 1
    assert 'stage block1: unit(24) x 3, /2, path="block1-{i}" ->' in text
    assert 'stage block2: unit(32) x 2, /2, path="block2-{i}" ->' in text
    assert '"f.conv1": conv 1x1, width; "f.bn1": norm; act' in text


def test_a_block_beside_one_with_a_number_of_its_own_keeps_its_path(tmp_path: Path) -> None:
    spec = """
    network net {
      input 3x32x32
      "stem": conv 3x3, 16; norm; act
      "part.0": basic(16)
      "part.1.0": basic(16)
      "part.2": basic(16)
      avgpool global
      fc 10
    }
    """
    text = named_text_of(spec, tmp_path)
    assert '"part.0": basic(16)\n' in text
    assert 'stage "part.1": basic(16) -> 16x32x32\n' in text
    assert '"part.2": basic(16)\n' in text


def test_a_stem_that_is_like_the_body_of_a_residual_is_no_block(tmp_path: Path) -> None:
    spec = """
    block unit { residual identity { conv 3x3, 16; norm; act } }
    network net {
      input 3x32x32
      conv 3x3, 16, /2; norm; act
      unit; unit; unit
      avgpool global
      fc 10
    }
    """
    text = text_of(spec, tmp_path)
    assert "\n conv 3x3, 16, /2; norm; act\n" in text
    assert "stage stage1: unit x 3 -> 16x16x16" in text
