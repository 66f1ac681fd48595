"""The residual family as other people define it: torchvision, timm, pytorchcv, and the authors' own code.

Read by `compare_family`, in an environment of its own; no test imports it. Where a definition is changed
before it is counted, its `source` says how.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

SMALL = (3, 64, 64)
CIFAR = (3, 32, 32)
VERSIONS = {
    "torch": "2.13.0",
    "torchvision": "0.28.0",
    "timm": "1.0.31",
    "pytorchcv": "0.0.74",
    "segmentation_models_pytorch": "0.6.0",
}
_KEPT: list[Any] = []
"""Libraries of operators: one that is forgotten takes its operators along."""


@dataclass(frozen=True)
class Reference:
    """One network.

    Attributes:
        source: what it is, in words.
        make: builds it.
        input: the shape of one sample that its multiply-adds are for.
        small: the shape of one sample that its outputs are taken for; None for counts alone.
        named: whether specifications go by the names of its state dict; those of pytorchcv are its own.
        beside: the channels of further inputs, which have the sizes of the first.
    """

    source: str
    make: Callable[[], nn.Module]
    input: tuple[int, ...] = (3, 224, 224)
    small: tuple[int, ...] | None = None
    named: bool = True
    beside: tuple[int, ...] = ()


def references(sources: Path) -> dict[str, Reference]:
    """All of them by name; `sources` holds clones of the authors' repositories."""
    return dict((*_torchvision(), *_settings(), *_timm(), *_pytorchcv(), *_authors(sources), *_branching(sources)))


# ------------------------------------------------------------------------------------ torchvision


def _models() -> Any:
    """torchvision's models. Where its compiled operators are missing, their names are enough to import it."""
    if not _KEPT:
        registry: Any = torch.library
        library = registry.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            if not hasattr(torch.ops.torchvision, name):
                library.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        _KEPT.append(library)
    return import_module("torchvision").models


def _torchvision() -> Iterator[tuple[str, Reference]]:
    models = _models()
    for name in ("resnext101_32x8d", "resnext101_64x4d", "densenet121", "densenet169"):
        small = SMALL if name == "densenet121" else None
        yield name, Reference(f"torchvision: {name}()", partial(getattr(models, name)), small=small)
    for stride, dilated in ((32, [False] * 3), (16, [False, False, True]), (8, [False, True, True])):
        source = f"torchvision: IntermediateLayerGetter of resnet50(replace_stride_with_dilation={dilated})"
        yield f"backbone_os{stride}", Reference(source, partial(_backbone, dilated), small=SMALL)
    yield "r3d_18", Reference("torchvision: video.r3d_18()", models.video.r3d_18, (3, 16, 112, 112), (3, 8, 32, 32))
    source = "torchvision: resnet18(num_classes=10), conv1 3x3 without stride, no maxpool"
    yield "resnet18_cifar10", Reference(source, partial(_small_resnet18, 3), CIFAR, CIFAR)
    source += ", one channel"
    yield "resnet18_mnist", Reference(source, partial(_small_resnet18, 1), (1, 28, 28), (1, 28, 28))
    source = "torchvision: resnet18(num_classes=5) with one axis in place of two, conv1 15 wide, 12 channels"
    yield "resnet1d18", Reference(source, _signal_resnet18, (12, 1000), (12, 250))


def _backbone(dilated: list[bool]) -> nn.Module:
    names = {f"layer{number}": f"c{number + 1}" for number in range(1, 5)}
    getter = import_module("torchvision.models._utils").IntermediateLayerGetter
    module: nn.Module = getter(_models().resnet50(replace_stride_with_dilation=dilated), names)
    return module


def _small_resnet18(channels: int) -> nn.Module:
    module: Any = _models().resnet18(num_classes=10)
    module.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
    module.maxpool = nn.Identity()
    return _as_module(module)


def _signal_resnet18() -> nn.Module:
    module: Any = _models().resnet18(num_classes=5)
    module.conv1 = nn.Conv2d(12, 64, 15, 2, 7, bias=False)
    return _replaced(module, _one_axis)


def _one_axis(module: nn.Module) -> nn.Module | None:
    match module:
        case nn.Conv2d():
            numbers = (module.kernel_size[0], module.stride[0], int(module.padding[0]))
            return nn.Conv1d(module.in_channels, module.out_channels, *numbers, bias=False)
        case nn.BatchNorm2d():
            return nn.BatchNorm1d(module.num_features)
        case nn.MaxPool2d():
            return nn.MaxPool1d(3, 2, 1)
        case nn.AdaptiveAvgPool2d():
            return nn.AdaptiveAvgPool1d(1)
    return None


def _settings() -> Iterator[tuple[str, Reference]]:
    """A ResNet-18 with other norms and activations."""
    models, layers = _models(), import_module("timm").layers
    norms = {
        "group_norm": ("GroupNorm(32)", partial(nn.GroupNorm, 32)),
        "layer_norm": ("timm's LayerNorm2d(eps=1e-5)", partial(layers.LayerNorm2d, eps=1e-5)),
    }
    for name, (written, norm) in norms.items():
        source = f"torchvision: resnet18(norm_layer={written})"
        yield f"resnet18_{name}", Reference(source, partial(models.resnet18, norm_layer=norm), small=SMALL)
    acts = {"gelu": nn.GELU, "silu": nn.SiLU, "leaky_relu": nn.LeakyReLU, "hard_swish": nn.Hardswish}
    for name, act in acts.items():
        source = f"torchvision: resnet18() with {act.__name__} for every ReLU"
        yield f"resnet18_{name}", Reference(source, partial(_with_act, act), small=SMALL)


def _with_act(act: Callable[[], nn.Module]) -> nn.Module:
    return _replaced(_models().resnet18(), lambda module: act() if isinstance(module, nn.ReLU) else None)


def _replaced(module: nn.Module, other: Callable[[nn.Module], nn.Module | None]) -> nn.Module:
    """The module with its descendants replaced by what `other` makes of them, where it makes something."""
    for name, child in module.named_children():
        new = other(child)
        setattr(module, name, _replaced(child, other) if new is None else new)
    return module


def _as_module(module: Any) -> nn.Module:
    assert isinstance(module, nn.Module)
    return module


# -------------------------------------------------------------------------------------------- timm


def _timm() -> Iterator[tuple[str, Reference]]:
    create = import_module("timm").create_model
    with_outputs = ("seresnet50", "resnet50d", "resnetrs50", "resnetblur50", "skresnext50_32x4d", "res2net50_26w_4s")
    counted = ("seresnext50_32x4d", "resnet50c", "resnet101d", "resnetrs101", "res2net50_14w_8s")
    for name in (*with_outputs, *counted, "regnetx_004", "regnety_004"):
        small = None if name in counted else SMALL
        yield name, Reference(f"timm: create_model('{name}')", partial(create, name), small=small)
    attention = {"attn_layer": "eca"}
    source = f"timm: create_model('resnet50', block_args={attention})"
    yield "ecaresnet50", Reference(source, partial(create, "resnet50", block_args=attention), small=SMALL)


# --------------------------------------------------------------------------------------- pytorchcv


def _pytorchcv() -> Iterator[tuple[str, Reference]]:
    def models(name: str) -> Any:
        return import_module(f"pytorchcv.models.{name}")

    preact = models("preresnet_cifar")
    source = "pytorchcv: preresnet110_cifar10()"
    yield "preresnet110", Reference(source, preact.preresnet110_cifar10, CIFAR, named=False)
    for depth, name in ((164, "preresnet164bn_cifar10"), (1001, "preresnet1001_cifar10")):
        source = f"pytorchcv: {name}(), strides moved to the first 1x1"
        make = partial(_first_strides, getattr(preact, name))
        yield f"preresnet{depth}", Reference(source, make, CIFAR, CIFAR if depth == 164 else None, named=False)
    source = "pytorchcv: preresnet200b(), the first unit without its leading norm and activation"
    make = partial(_activated_stem, models("preresnet").preresnet200b)
    yield "preresnet200", Reference(source, make, named=False)
    wide = models("wrn_cifar").get_wrn_cifar
    for depth, k in ((16, 8), (28, 10), (40, 4)):
        written = f"num_classes=10, blocks={depth}, width_factor={k}"
        make = partial(wide, num_classes=10, blocks=depth, width_factor=k)
        small, source = CIFAR if depth == 40 else None, f"pytorchcv: get_wrn_cifar({written})"
        yield f"wrn{depth}_{k}", Reference(source, make, CIFAR, small, named=False)
    grouped = models("resnext_cifar").get_resnext_cifar
    for groups in (8, 16):
        written = f"num_classes=10, blocks=29, cardinality={groups}, bottleneck_width=64"
        make = partial(grouped, num_classes=10, blocks=29, cardinality=groups, bottleneck_width=64)
        source = f"pytorchcv: get_resnext_cifar({written})"
        yield f"resnext29_{groups}x64d", Reference(source, make, CIFAR, named=False)


def _first_strides(make: Callable[[], nn.Module]) -> nn.Module:
    """Bottlenecks that stride in their first 1x1, as the authors' release of the 1001-layer network does."""
    module = make()
    for each in module.modules():
        if type(each).__name__ == "PreResBottleneck":
            first, second = _conv(each, "conv1.conv"), _conv(each, "conv2.conv")
            first.stride, second.stride = second.stride, first.stride
    return module


def _conv(module: nn.Module, path: str) -> nn.Conv2d:
    found = module.get_submodule(path)
    assert isinstance(found, nn.Conv2d)
    return found


def _activated_stem(make: Callable[[], nn.Module]) -> nn.Module:
    module = make()
    first: Any = module.get_submodule("features.stage1.unit1.body.conv1")
    first.bn, first.activ = nn.Identity(), nn.Identity()
    return module


# ----------------------------------------------------------------------------------------- authors


def _authors(sources: Path) -> Iterator[tuple[str, Reference]]:
    pyramid = partial(_loaded, sources / "PyramidNet-PyTorch", "PyramidNet")
    for alpha in (48, 270):
        source = f"dyhan0920/PyramidNet-PyTorch 5a0b32f: PyramidNet('cifar10', 110, {alpha}, 10)"
        yield f"pyramidnet110_a{alpha}", Reference(source, partial(_pyramid, pyramid, alpha), CIFAR, CIFAR)
    restoration = sources / "EDSR-PyTorch"
    repository = "sanghyun-son/EDSR-PyTorch"
    sizes = {"edsr_baseline_x2": (16, 64, 1, 2), "edsr_x4": (32, 256, 0.1, 4)}
    for name, (blocks, width, weight, factor) in sizes.items():
        options = SimpleNamespace(
            n_resblocks=blocks, n_feats=width, res_scale=weight, scale=[factor], n_colors=3, rgb_range=255
        )
        make = partial(_without_mean, partial(_loaded, restoration, "model.edsr"), "EDSR", options)
        source = f"{repository} 3dd71ae (model/common.py of ab6b0ad): EDSR, {blocks} blocks of {width}, x{factor}"
        small = (3, 12, 12) if factor == 2 else None
        yield name, Reference(f"{source}, without the shift of the mean", make, (3, 48, 48), small)
    options = SimpleNamespace(n_resblocks=20, n_feats=64, n_colors=1, rgb_range=255)
    make = partial(_without_mean, partial(_loaded, restoration, "model.vdsr"), "VDSR", options)
    source = f"{repository} d99e575 (model/common.py of ab6b0ad): VDSR, one colour, without the shift of the mean"
    yield "vdsr", Reference(source, make, (1, 41, 41), (1, 41, 41))


def _loaded(folder: Path, name: str) -> Any:
    """A module of the authors' code."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return import_module(name)


def _pyramid(load: Callable[[], Any], alpha: int) -> nn.Module:
    # The authors make their zeros on a GPU.
    cuda: Any = torch.cuda
    cuda.FloatTensor = torch.FloatTensor
    return _as_module(load().PyramidNet("cifar10", 110, alpha, 10))


def _without_mean(load: Callable[[], Any], name: str, options: SimpleNamespace) -> nn.Module:
    """The mean that is taken from the input and given back to the output is data."""
    module: Any = getattr(load(), name)(options)
    module.sub_mean, module.add_mean = nn.Identity(), nn.Identity()
    return _as_module(module)


# --------------------------------------------------------------------------------------- branching


def _branching(sources: Path) -> Iterator[tuple[str, Reference]]:
    """Streams, branches that are joined for inference, networks without norms, and those with several inputs."""
    create = import_module("timm").create_model
    with_outputs = ("hrnet_w18", "resnest14d", "resnest50d", "repvgg_a0", "repvgg_b1g4", "nf_resnet26", "nf_resnet50")
    counted = (
        *("hrnet_w32", "hrnet_w48", "resnest26d", "resnest101e", "resnest200e", "resnest269e", "nf_resnet101"),
        *("repvgg_a1", "repvgg_a2", "repvgg_b0", "repvgg_b1", "repvgg_b2", "repvgg_b3"),
    )
    for name in (*with_outputs, *counted):
        shape = (3, 256, 256) if name.startswith("nf_") else (3, 224, 224)
        small = None if name in counted else SMALL
        yield name, Reference(f"timm: create_model('{name}')", partial(create, name), shape, small)
    unet = import_module("segmentation_models_pytorch").Unet
    for encoder in ("resnet18", "resnet34"):
        source = f"segmentation_models_pytorch: Unet('{encoder}', classes=1)"
        make = partial(unet, encoder, encoder_weights=None, classes=1)
        yield f"unet_{encoder}", Reference(source, make, small=SMALL)
    examples = partial(_loaded, sources / "examples" / "siamese_network", "main")
    source = "pytorch/examples 77f55b9: siamese_network/main.py, SiameseNetwork()"
    shape = (1, 28, 28)
    yield "siamese_resnet18", Reference(source, partial(_siamese, examples), shape, shape, beside=(1,))
    rednet = partial(_loaded, sources / "RedNet", "RedNet_model")
    source, shape = "JindongJiang/RedNet 1835eb5: RedNet()", (3, 480, 640)
    yield "rednet", Reference(source, partial(_rednet, rednet), shape, SMALL, beside=(1,))


def _siamese(load: Callable[[], Any]) -> nn.Module:
    return _as_module(load().SiameseNetwork())


def _rednet(load: Callable[[], Any]) -> nn.Module:
    return _as_module(load().RedNet())
