"""The loader of a generated file takes and refuses what `to_torch` does, and says as clearly why."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resdsl.weights.fitting import READABLE
from tests.backends.torch.noisy import changed, option_a, state_of

State = dict[str, Any]
NET = option_a()
WEIGHTS: dict[str, Tensor] = NET.to_torch(seed=3).state_dict()
LEARNED = {name: each for name, each in WEIGHTS.items() if each.is_floating_point()}


def generated() -> Callable[..., nn.Module]:
    """The function of the generated file that makes the network."""
    scope: dict[str, Any] = {"__name__": "generated"}
    exec(compile(NET.to_torch_source(), "generated.py", "exec"), scope)
    made: Callable[..., nn.Module] = scope["cifar"]
    return made


MAKE = generated()
LOAD: Callable[..., None] = MAKE.__globals__["load_weights"]
WRAPPERS = ["".join(each) for count in range(4) for each in product(("module.", "_orig_mod."), repeat=count)]
PLACES = ("state_dict", "model", "model_state_dict")


def prefixed(prefix: str) -> State:
    return {f"{prefix}{name}": each for name, each in WEIGHTS.items()}


def but(**changes: Any) -> State:
    """The weights with other values for the last layer's `weight` and `bias`."""
    return {**WEIGHTS, **{f"fc.{name}": value for name, value in changes.items()}}


def lacking(*names: str) -> State:
    return {name: each for name, each in WEIGHTS.items() if name not in names}


TAKEN: dict[str, object] = {
    **{f"bare, {prefix or 'plain'}": prefixed(prefix) for prefix in WRAPPERS},
    **{f"{place}, {prefix}": {place: prefixed(prefix)} for place in PLACES for prefix in ("", "_orig_mod.module.")},
    "averaged": {"n_averaged": torch.tensor(3), **prefixed("module.")},
    "averaged and compiled": {"n_averaged": torch.tensor(3), **prefixed("module._orig_mod.")},
    "sharded within": {name.replace(".conv", "._fsdp_wrapped_module.conv"): each for name, each in WEIGHTS.items()},
    "beside other things": {"epoch": 3, "optimizer": {"state": {}}, "best": torch.tensor(0.5), "model": WEIGHTS},
    "beside a place without tensors": {"model": {"name": "cifar"}, "state_dict": WEIGHTS},
    "beside half a copy": {"model": WEIGHTS, "model_ema": {"fc.weight": WEIGHTS["fc.weight"]}},
    **{
        f"all {each}": {name: v.to(getattr(torch, each)) for name, v in LEARNED.items()} for each in READABLE["float32"]
    },
    "without counters": LEARNED,
    "parameters": {name: nn.Parameter(each) for name, each in LEARNED.items()},
    "channels last": {
        name: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v for name, v in WEIGHTS.items()
    },
}

REFUSED: dict[str, tuple[object, str]] = {
    "two dictionaries": ({"state_dict": WEIGHTS, "model": WEIGHTS}, "under `state_dict` and `model`"),
    **{
        f"{one} and {two}": ({one: WEIGHTS, two: WEIGHTS}, "holds tensors under")
        for one, two in permutations(PLACES, 2)
    },
    "another place": ({"net": WEIGHTS}, "it has tensors under 'net' (44)"),
    "no tensors": ({"model": {"name": "cifar"}}, "holds no tensors at its top"),
    "nothing": ({}, "holds no tensors at its top"),
    "one tensor": (torch.zeros(3), "holds one Tensor"),
    "a list": ([torch.zeros(3)], "holds one list"),
    "numbers for names": ({0: torch.zeros(3)}, "has 0 where the name of a tensor is to be"),
    "a prefix of some names": ({**prefixed("module."), "averaged": torch.tensor(3)}, "module.conv1.weight"),
    "another prefix": (prefixed("backbone."), "`conv1.weight` is missing"),
    "a name missing": (lacking("fc.bias"), "`fc.bias` is missing"),
    "a name too many": ({**WEIGHTS, "fc.more": torch.zeros(1)}, "fc.more"),
    "something too many": ({**WEIGHTS, "epoch": 3}, "epoch"),
    "no tensor": (but(bias=[0.0] * 10), "`fc.bias`"),
    "other classes": (but(weight=torch.zeros(5, 64), bias=torch.zeros(5)), "`fc.weight` is"),
    "another rank": (but(bias=torch.zeros(10, 1)), "`fc.bias` is"),
    "a counter in a row": (
        {**WEIGHTS, "bn1.num_batches_tracked": torch.zeros(1).long()},
        "`bn1.num_batches_tracked` is",
    ),
    "a counter in float": ({**WEIGHTS, "bn1.num_batches_tracked": torch.tensor(0.0)}, "`bn1.num_batches_tracked` is"),
    "double": (but(weight=WEIGHTS["fc.weight"].double()), "float64"),
    "int8": (but(weight=WEIGHTS["fc.weight"].to(torch.int8)), "int8"),
    "all int8": ({name: each.to(torch.int8) for name, each in WEIGHTS.items()}, "int8"),
    "complex": (but(weight=WEIGHTS["fc.weight"] + 0j), "complex64"),
    "sparse": (but(weight=WEIGHTS["fc.weight"].to_sparse()), "`fc.weight` is"),
    "without values": (but(weight=WEIGHTS["fc.weight"].to("meta")), "`fc.weight` is"),
    "quantised": (but(weight=torch.quantize_per_tensor(WEIGHTS["fc.weight"], 0.1, 0, torch.qint8)), "qint8"),
    "a whole module": (nn.Linear(2, 2), "Linear"),
}
BOTH: tuple[Callable[..., nn.Module], ...] = (NET.to_torch, MAKE)


def saved(content: object, folder: Path) -> Path:
    torch.save(content, folder / "a.pth")
    return folder / "a.pth"


@pytest.mark.parametrize("name", TAKEN)
def test_both_take_the_same_values(name: str, tmp_path: Path) -> None:
    path = saved(TAKEN[name], tmp_path)
    one, other = (make(weights=path) for make in BOTH)
    assert changed(state_of(one), other) == set()
    if not name.startswith("all "):
        assert changed(WEIGHTS, other) == set()


@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse_and_say_why(name: str, tmp_path: Path) -> None:
    content, words = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quantised tensors are old
        path = saved(content, tmp_path)
    for make in BOTH:
        with pytest.raises(Exception, match=re.escape(words)) as caught:
            make(weights=path)
        assert "a.pth" in str(caught.value) or name == "a whole module"


@pytest.mark.parametrize("place", ["fc", "conv1"])
def test_what_does_not_fit_is_listed_whole_with_shapes(place: str, tmp_path: Path) -> None:
    wrong = {name: each.flatten() if name.startswith(f"{place}.") else each for name, each in WEIGHTS.items()}
    path = saved({**wrong, "more": torch.zeros(1)}, tmp_path)
    shape = tuple(WEIGHTS[f"{place}.weight"].shape)
    with pytest.raises(ValueError, match="does not fit this network") as caught:
        MAKE(weights=path)
    assert str(caught.value).splitlines()[1:] == [
        "  `more` is not in the network",
        f"  `{place}.weight` is ({WEIGHTS[f'{place}.weight'].numel()},) and not {shape}",
    ]


def test_generated_loader_takes_a_key_and_leaves_out_what_is_ignored(tmp_path: Path) -> None:
    further = {"head.weight": torch.zeros(3), "head.bias": torch.zeros(3), "queue": torch.zeros(1)}
    path = saved(
        {"model": lacking("fc.bias"), "model_ema": {**prefixed("module."), "n_averaged": torch.ones(1)}}, tmp_path
    )
    module = MAKE()
    LOAD(module, path, weights_key="model_ema")
    assert changed(WEIGHTS, module) == set()
    path, module = saved({**WEIGHTS, **further}, tmp_path), MAKE()
    LOAD(module, path, ignore=["head", "queue"])
    assert changed(WEIGHTS, module) == set()
    with pytest.raises(ValueError, match=r"`head\.weight` is not in the network"):
        LOAD(module, path, ignore="queue")
    for wrong in ("hea", "fc", ""):
        with pytest.raises(ValueError, match=f"`{wrong}` is not there to be ignored"):
            LOAD(module, path, ignore=["head", "queue", wrong])
