"""Mermaid: what stands in the text that was written. Its grammar here is the small part of it that is used."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.options import DrawOptions
from resdsl.draw.texts import clean
from resdsl.draw.views.mermaid import mermaid
from resdsl.ir.network import Network
from tests.draw.drawn import SHIPPED, shipped
from tests.draw.figures import HOSTILE
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"

LABEL = r'"((?:[^"\\`<>&#;{}\[\]]|#\d+;|<br/>)+)"'
NODE = re.compile(rf"([a-z]+\d+(?:x\d+)?)(?:\(\[{LABEL}\]\)|\[{LABEL}\]|\(\({LABEL}\)\))")
EDGE = re.compile(rf"([a-z]+\d+) (-->|-\.->)(?:\|{LABEL}\|)? ([a-z]+\d+(?:x\d+)?)((?:\(.*\))?)")
FRAME = re.compile(rf"subgraph ([a-z]+\d+)\[{LABEL}\]")
CLASS = re.compile(r"classDef [a-z]+\d* fill:(?:#\w{6}|none),stroke:(?:#\w{6}|none),color:#\w{6}(?:,[\w:. -]+)*")
USE = re.compile(r"class (part\d+(?:,part\d+)*) ([a-z]+\d*)")


@dataclass
class Chart:
    """A flowchart, read back."""

    nodes: dict[str, str] = field(default_factory=dict)
    edges: list[tuple[str, str, str, str]] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


def parsed(text: str) -> Chart:
    """The chart; every line is of a form that is known."""
    lines = text.splitlines()
    if lines[0] == "---":
        assert lines[1].startswith('title: "')
        assert lines[2] == "---"
        lines = lines[3:]
    assert lines[0] == "flowchart TB"
    chart = Chart()
    depth = 0
    for line in map(str.strip, lines[1:]):
        if frame := FRAME.fullmatch(line):
            chart.frames.append(plain(frame[2]))
            depth += 1
        elif line == "end":
            depth -= 1
        elif node := NODE.fullmatch(line):
            chart.nodes[node[1]] = plain(node[2] or node[3] or node[4])
        elif edge := EDGE.fullmatch(line):
            if edge[5]:
                found = NODE.fullmatch(edge[4] + edge[5])
                assert found is not None, line
                chart.nodes[found[1]] = plain(found[2] or found[4])
            chart.edges.append((edge[1], edge[2], plain(edge[3] or ""), edge[4]))
        elif use := USE.fullmatch(line):
            chart.classes.update(dict.fromkeys(use[1].split(","), use[2]))
        elif line.startswith(("accTitle: ", "accDescr: ")):
            assert not set(line) & set('{}#;%<>&\\`"'), line
            chart.texts.append(line)
        else:
            assert CLASS.fullmatch(line), line
    assert depth == 0
    assert all(end in chart.nodes for source, _, _, target in chart.edges for end in (source, target))
    return chart


def plain(label: str) -> str:
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label.replace("<br/>", " | ")))


def chart(*names: str, **look: Any) -> Chart:
    return parsed(mermaid([shipped(name) for name in names], DrawOptions(**look)))


def test_stages_are_frames_with_their_blocks() -> None:
    found = chart("resnet50")
    assert found.frames == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    assert list(found.nodes.values())[:6] == [
        "input 3x224x224",
        "7x7 conv, 64, /2 | 64x112x112",
        "pool, /2 | 64x56x56",
        "bottleneck(64) | 256x56x56 | shortcut: 1x1",
        "bottleneck(64) x 2 | 256x56x56 | shortcut: identity",
        "bottleneck(128, /2) | 512x28x28 | shortcut: 1x1",
    ]
    names = list(found.nodes)
    assert [(source, target) for source, _, _, target in found.edges] == list(pairwise(names))
    assert [found.classes[name] for name in names[3:7]] == ["stage1", "stage1", "stage2", "stage2"]


def test_what_passes_several_parts_by_is_added_behind_them() -> None:
    found = chart("edsr")
    names = {label: name for name, label in found.nodes.items()}
    plus = names["+"]
    first, last = "3x3 conv, 64 | 64x48x48", "edsr_block(64) x 16 | 64x48x48 | shortcut: identity"
    assert [label for label in found.nodes.values() if label == first] == [first] * 2
    assert last in names
    into = [(found.nodes[source], line, word) for source, line, word, target in found.edges if target == plus]
    assert into == [(first, "-->", ""), (first, "-->", "identity")]


def test_blocks_in_a_row_are_one_box() -> None:
    labels = list(chart("densenet121").nodes.values())
    assert [label.partition(" | ")[0] for label in labels[3:-2]] == [
        "dense(32) x 6",
        "transition",
        "dense(32) x 12",
        "transition",
        "dense(32) x 24",
        "transition",
        "dense(32) x 16",
    ]


def test_networks_stand_in_frames() -> None:
    found = chart("resnet18", "resnet34")
    assert [frame for frame in found.frames if frame.startswith("resnet")] == ["resnet18", "resnet34"]
    assert len([label for label in found.nodes.values() if label == "input 3x224x224"]) == 2


def test_overlays_are_those_of_the_figures() -> None:
    assert "bottleneck(64) | 256x56x56 | 231.2M macs" in " ".join(chart("resnet50", annotate=("macs",)).nodes.values())
    assert "heat7" in chart("resnet50", color_by="params").classes.values()
    marked = parsed(
        mermaid([shipped("resnet34"), resdsl.load("resnet34", shortcut="A").ir], DrawOptions(diff=True))
    ).classes.values()
    assert {"same", "changed"} <= set(marked)


def test_taps_are_shown() -> None:
    labels = list(chart("backbone").nodes.values())
    network = shipped("backbone")
    assert [label for label in labels if label in {tap.name for tap in network.outputs}] == [
        tap.name for tap in network.outputs[:-1]
    ]


def test_what_the_chart_shows_is_said() -> None:
    title, description = chart("resnet34").texts
    assert title == "accTitle: resnet34, stage by stage"
    assert "16 shortcuts, of them 13 identities and 3 projections" in description


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_every_network_is_written(name: str) -> None:
    text = mermaid([shipped(name)], DrawOptions())
    assert len(parsed(text).nodes) > 3
    assert mermaid([shipped(name)], DrawOptions()) == text


@pytest.mark.parametrize("name", [*HOSTILE, "1. list", "- item", "end", "a --> b", "]] x"])
def test_hostile_names_are_escaped(name: str) -> None:
    found = parsed(mermaid([renamed(shipped("resnet18"), name)] * 2, DrawOptions(title=name)))
    frames = [frame.replace("\u2068", "").replace("\u2069", "") for frame in found.frames]
    shown = clean(name)
    for frame in frames[:2] if shown else frames[:1]:  # an untitled stage is called by its path
        assert frame == (shown or " ") or (frame.endswith("…") and shown.startswith(frame[:-1]))


def renamed(network: Network, name: str) -> Network:
    """The network with that name, which its first stage has for its title."""
    nodes = [node.replace(title=name) if hasattr(node, "runs") else node for node in network.nodes]
    return network.replace(name=name, nodes=tuple(nodes))


def test_bytes_are_pinned(update_golden: bool) -> None:
    content = mermaid([shipped("resnet34"), shipped("edsr")], DrawOptions())
    path = GOLDEN / "resnet34_edsr.mmd"
    if update_golden:
        path.write_bytes(content.encode())
    assert path.read_bytes() == content.encode(), f"{path.name} has changed; --update-golden writes it anew"
