"""Caffe files: those of the paper's authors, and what is no such file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.refusals import NotReadable, UnknownOps
from resdsl.lifting.sources.prototxt import read_prototxt

HEAD = 'name: "net"\ninput: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: 16\ninput_dim: 16\n'


def layer(name: str, kind: str, bottom: str, top: str, more: str = "") -> str:
    bottoms = " ".join(f'bottom: "{each}"' for each in bottom.split())
    return f'layer {{ {bottoms} top: "{top}" name: "{name}" type: "{kind}" {more} }}\n'


def conv(name: str, bottom: str, width: int, kernel: int, stride: int = 1) -> str:
    pad = (kernel - 1) // 2
    given = f"num_output: {width} kernel_size: {kernel} pad: {pad} stride: {stride} bias_term: false"
    norm = layer(f"bn_{name}", "BatchNorm", name, name) + layer(f"scale_{name}", "Scale", name, name)
    return layer(name, "Convolution", bottom, name, f"convolution_param {{ {given} }}") + norm


def block(name: str, bottom: str, width: int, stride: int, projects: bool) -> str:
    text = conv(f"{name}_branch1", bottom, width * 4, 1, stride) if projects else ""
    text += conv(f"{name}_2a", bottom, width, 1, stride) + layer(f"{name}_2a_relu", "ReLU", f"{name}_2a", f"{name}_2a")
    text += conv(f"{name}_2b", f"{name}_2a", width, 3) + layer(f"{name}_2b_relu", "ReLU", f"{name}_2b", f"{name}_2b")
    text += conv(f"{name}_2c", f"{name}_2b", width * 4, 1)
    shortcut = f"{name}_branch1" if projects else bottom
    return text + layer(name, "Eltwise", f"{shortcut} {name}_2c", name) + layer(f"{name}_relu", "ReLU", name, name)


NET = (
    HEAD
    + conv("conv1", "data", 16, 3)
    + layer("conv1_relu", "ReLU", "conv1", "conv1")
    + layer("pool1", "Pooling", "conv1", "pool1", "pooling_param { kernel_size: 3 stride: 2 pool: MAX }")
    + block("res2a", "pool1", 8, 1, projects=True)
    + block("res2b", "res2a", 8, 1, projects=False)
    + block("res3a", "res2b", 16, 2, projects=True)
    + layer("pool5", "Pooling", "res3a", "pool5", "pooling_param { kernel_size: 4 stride: 1 pool: AVE }")
    + layer("fc", "InnerProduct", "pool5", "fc", "inner_product_param { num_output: 10 }")
    + layer("prob", "Softmax", "fc", "prob")
)


def test_the_authors_form_is_the_bottleneck_with_its_stride_at_the_first_1x1(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    text = resdsl.lift(path).text
    assert "maxpool 3x3, /2, pad=0, ceil=true\n" in text
    assert "network net(shortcut = B, stride_at = 1x1, classes = 10) {" in text
    assert "stage stage1: bottleneck(8, stride_at=stride_at) x 2" in re.sub(" +", " ", text)
    assert "stage stage2: bottleneck(16, stride_at=stride_at), /2" in re.sub(" +", " ", text)
    assert "avgpool global\n  fc classes; softmax\n" in text


def test_what_is_no_prototxt_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    for content in (
        "",
        "network a { input 3x32x32 }",
        HEAD,
        NET[:-30],
        "layer { " * 100,
        "\0\1",
        'name: "a"\n' + NET[20:300],
    ):
        path.write_text(content)
        with pytest.raises(NotReadable):
            read_prototxt(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(NotReadable):
        read_prototxt(path)


def test_layers_that_the_language_does_not_have_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    crop = layer("crop", "Crop", "prob", "crop") + layer("lost", "Crop", "crop", "lost")
    path.write_text(NET + crop + layer("loss", "Python", "lost", "loss"))
    with pytest.raises(UnknownOps) as refused:
        read_prototxt(path)
    assert [(each.kind, each.count, each.place) for each in refused.value.unknown] == [
        ("Crop", 2, "crop"),
        ("Python", 1, "loss"),
    ]
