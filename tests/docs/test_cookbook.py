"""The cookbook answers what is asked, and its snippets come out at every end of the compiler.

That each compiles without a warning, and that consoles print what is shown, is tested with the other pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx.graph import onnx_graph
from resdsl.catalogue import locate
from resdsl.ir.walk import state
from tests.docs.markdown import ROOT, Block, anchors, blocks_of, prose
from tests.docs.test_examples import source_of

PAGE = ROOT / "docs" / "cookbook.md"
BLOCKS = [block for block in blocks_of(PAGE) if block.language in ("res", "console")]

ACCEPTANCE = {
    "plain": ("Plain networks", "shortcut = none"),
    "basic": ("Basic blocks: ResNet-18 and 34", "basic(64)"),
    "bottleneck, stride on the 1x1": (
        "Bottlenecks, with the stride on the 1x1 or the 3x3",
        "stride_at = 1x1",
    ),
    "bottleneck, stride on the 3x3": (
        "Bottlenecks, with the stride on the 1x1 or the 3x3",
        "stride_at = 3x3",
    ),
    "pre-activation basic": ("Pre-activation", "preact_basic"),
    "pre-activation bottleneck": ("Pre-activation", "preact_bottleneck"),
    "wide with dropout": ("Wide networks with dropout", "drop=drop"),
    "ResNeXt": ("ResNeXt", "groups=groups"),
    "squeeze-and-excite": ("Squeeze-and-excitation, and other attention", "squeeze_excite"),
    "stem C": ("Stems C and D, and shortcut D", "conv 3x3, 32, /2; norm; act\n  conv 3x3, 32;"),
    "stem D": ("ResNet-RS", "zip([32, 32, 64, 64], [2, 1, 1, 2])"),
    "average-pool shortcut D": ("Stems C and D, and shortcut D", "shortcut = D"),
    "stochastic depth growing with depth": ("Stochastic depth", "last * (block_index + 1) / block_count"),
    "blur pooling": ("Blur pooling", "blur 3x3, /stride"),
    "output stride 16": ("Dilation in the last stages", "output_stride = 16"),
    "output stride 8": ("Dilation in the last stages", "output_stride = 8"),
    "Res2Net's split hierarchy": ("Res2Net", "split scale; as part"),
    "selective kernels": ("Selective kernels", "dilation=2"),
    "DenseNet's concatenation": ("DenseNet", "parallel concat { }"),
    "pyramid widths": ("Pyramid widths", "16 + alpha * (block_index + 1) / block_count"),
    "global image-to-image residual": ("A residual around the whole network", "residual identity"),
    "global residual with up-sampling": ("Super-resolution", "parallel add { upsample times"),
}
"""The list of blocks that never need Python: the recipe of each, and a piece that its snippets hold."""

FAMILY = {
    "efficient channel attention": ("Squeeze-and-excitation, and other attention", "efficient_attention"),
    "ResNet-RS": ("ResNet-RS", "squeeze_excite 4"),
    "zero-gamma": ("Zero-gamma", "norm init=0"),
    "dropout before the head": ("Dropout before the head", "dropout 0.2\nfc 10"),
    "RegNet X": ("RegNet", "round(log((w0 + wa * j) / w0) / log(wm))"),
    "RegNet Y": ("RegNet", "gated = true"),
    "a CIFAR stem": ("A stem for small pictures", "conv 3x3, 64; norm; act"),
    "one input channel": ("Other classes, one input channel, another size", "--input 1x128x128"),
    "any number of classes": ("Other classes, one input channel, another size", "--set classes=7"),
    "residual scaling": ("Super-resolution", "scale weight"),
    "pixel shuffle": ("Super-resolution", "pixel_shuffle times"),
    "c2 to c5 for a detector": ("Taps for a detector", "tap c2"),
    "group norm": ("Another norm or activation", "group_norm(8)"),
    "layer norm": ("Another norm or activation", "norm = layer_norm"),
    "GELU": ("Another norm or activation", "act = gelu"),
    "SiLU": ("Another norm or activation", "act = silu"),
    "leaky ReLU": ("Another norm or activation", "leaky_relu(0.1)"),
    "hard swish": ("Another norm or activation", "hard_swish"),
    "one-dimensional": ("A signal, in one dimension", "12x1000"),
    "three-dimensional": ("A video or a volume, in three dimensions", "3x16x112x112"),
    "the CIFAR networks": ("ResNets for CIFAR", "6 * n + 2"),
    "a variant of one stage": ("Another version of one stage", "stage layer3: bottleneck(64) x 3, /2"),
    "an own block": ("A block of my own", "block separable"),
    "an own shortcut": ("A shortcut of my own", "shortcut pooled"),
    "ablations": ("Ablations", "network deeper       = family(n = 9)"),
    "figures": ("Figures that are checked", "expect params  = 21_797_672"),
    "--set": ("A value from the command line", "--set n=9 --set shortcut=B --set act"),
    "a feature pyramid": ("A feature pyramid", "upsample(top[k - 1], 2)"),
    "a U-Net": ("A U-Net", "skip=skip[depth - 1 - level]"),
    "atrous pooling": ("Pooling at several dilations", "dilation=d"),
    "two inputs": ("Two inputs, each with a stem of its own", "input depth 1x224x224"),
    "a Siamese network": ("Two inputs through one tower", "shared encoder: tower(16)"),
    "a U-Net on a ResNet": ("A U-Net on a ResNet", "up4: up(256, skip=f4)"),
    "CBAM": ("Attention over channels and places", "channel_mean"),
    "BoTNet": ("Self-attention in the last stage", "attention heads, relative=true"),
    "non-local blocks": ("Non-local blocks", "non_local pool=2x2"),
    "temporal shift": ("Channels that shift in time", "shift(slice_channels(x, 0, fold), -1, axis=1)"),
    "CoordConv": ("Coordinates", "coords"),
    "a tap within a block": ("A tap within a block", "tap edges"),
    "a mask": ("A mask over places", "mul(map, mask)"),
    "ResNeSt": ("Split attention", "network resnest50d"),
    "RepVGG": ("Branches that become one convolution", "network repvgg_a0"),
    "NF-ResNet": ("A network without norms", "skipinit_gain: learned_scale 0"),
    "an auxiliary head": ("An auxiliary head", "tap aux"),
    "streams at several resolutions": ("HRNet", "network hrnet_w18"),
    "another depth": ("Another depth", "depths = [3, 4, 23, 3]"),
}
"""What is asked beyond it, likewise."""

CLAIM = re.compile(
    r"`(?P<own>\w+)`\s+(?P<how>is|counts\s+as)\s+the\s+shipped\s+\[`(?P<shipped>\w+)`\]\(\.\./specs/(?P<file>(zoo/)?\w+\.res)\)"
)


@dataclass(frozen=True)
class Recipe:
    """One recipe.

    Attributes:
        title: its heading.
        text: all that stands below it.
        blocks: its snippets.
    """

    title: str
    text: str
    blocks: tuple[Block, ...]

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class Claim:
    """That a network of a recipe is a shipped one, or costs what that does."""

    recipe: Recipe
    own: str
    how: str
    shipped: str
    file: str

    def __str__(self) -> str:
        return f"{self.recipe}: {self.own} {self.how} {self.shipped}"


def recipes() -> Iterator[Recipe]:
    """All recipes of the page, in order."""
    for part in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
        yield Recipe(title, text, tuple(block for block in BLOCKS if block.text in text))


RECIPES = {recipe.title: recipe for recipe in recipes()}
CLAIMS = [
    Claim(recipe, match["own"], " ".join(match["how"].split()), match["shipped"], match["file"])
    for recipe in RECIPES.values()
    for match in CLAIM.finditer(recipe.text)
]


def networks_of(block: Block) -> list[str]:
    """The names of a snippet's networks."""
    return re.findall(r"^network (\w+)", source_of(block).text, re.MULTILINE)


NETWORKS = [(block, name) for block in BLOCKS if block.language == "res" for name in networks_of(block)]


def built(block: Block, name: str) -> Net:
    """A network of a snippet."""
    return resdsl.loads(source_of(block).text, name)


@pytest.mark.parametrize("item", [*ACCEPTANCE, *FAMILY])
def test_each_item_is_shown(item: str) -> None:
    title, piece = (ACCEPTANCE | FAMILY)[item]
    assert title in RECIPES
    assert any(piece in block.text for block in RECIPES[title].blocks)


def test_each_recipe_is_asked_for() -> None:
    asked = {title for title, _ in (ACCEPTANCE | FAMILY).values()}
    assert set(RECIPES) == asked


def test_contents_list_each_recipe_in_order() -> None:
    listed = re.findall(r"^- \[(.+)\]\(#(.+)\)$", prose(PAGE), re.MULTILINE)
    assert [title for title, _ in listed] == list(RECIPES)
    assert [anchor for _, anchor in listed if anchor not in anchors(PAGE)] == []


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=str)
def test_recipe_is_a_question_then_a_snippet_then_few_words(recipe: Recipe) -> None:
    question, snippet, *words = re.split(r"\n\n(?=```)|(?<=\n```)\n\n", recipe.text.strip())
    assert question.startswith("I want ")
    assert question.endswith(".")
    assert snippet.startswith("```")
    assert len(words) == 1
    assert "\n\n" not in words[0]


def test_lines_of_prose_are_short() -> None:
    assert [line for line in prose(PAGE).splitlines() if len(line) > 116] == []


@pytest.mark.parametrize(("block", "name"), NETWORKS, ids=[f"{block.line}-{name}" for block, name in NETWORKS])
def test_snippet_comes_out_at_every_end(block: Block, name: str) -> None:
    net = built(block, name)
    module = net.to_torch(device="meta")
    assert sum(parameter.numel() for parameter in module.parameters()) == net.params
    graph = onnx_graph(net.ir)
    assert list(graph.outputs) == [output.name for output in net.ir.outputs]
    assert set(graph.weights) <= {name for name, _ in state(net.ir)}


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_claim_of_being_a_shipped_network_holds(claim: Claim) -> None:
    own = next(built(block, claim.own) for block in claim.recipe.blocks if claim.own in networks_of(block))
    shipped = resdsl.load(claim.shipped)
    assert locate(claim.shipped).name == f"specs/{claim.file}"
    assert own.depth == shipped.depth
    assert counts(own) == counts(shipped)
    if claim.how == "is":
        assert list(state(own.ir)) == list(state(shipped.ir))
        assert onnx_nodes(own) == onnx_nodes(shipped)


def counts(net: Net) -> object:
    """What a network costs in state and work, whatever its modules are called."""
    costs = net.costs
    shapes = sorted(tensor.shape for _, tensor in state(net.ir))
    return costs.params, costs.buffers, costs.macs, costs.activations, costs.shortcut_macs, shapes


def onnx_nodes(net: Net) -> list[object]:
    """The operators of a network in order, and what they take; names of values are left out."""
    return [(node.op_type, dict(node.attributes)) for node in onnx_graph(net.ir).nodes]


def test_every_mention_of_a_shipped_network_is_such_a_claim() -> None:
    mentioned = re.findall(r"shipped\s+\[?`(\w+)`", prose(PAGE))
    assert mentioned == [claim.shipped for claim in CLAIMS]
    assert len(CLAIMS) > 30
