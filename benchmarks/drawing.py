"""Samples of a design space: `python -m benchmarks.drawing ROUNDS` prints JSON, networks kept a second.

Ours is the sweep `anynet` of the study of AnyNetX_A within a process, its draws, conditions and costs. The peer is the
sampler of pycls, where that can be imported: the same axes, bounds and multiply-adds, costed by its own complexity.
Both take turns; seconds are those of the processor, since other work on the machine is none of theirs.

pycls makes widths fit their groups where ours leaves them out, so that the two have different shares of what is kept.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from resdsl.compiler import read_spec
from resdsl.source import Source
from resdsl.sweeps.request import Request, sample_line

STUDY = Path(__file__).resolve().parent.parent / "specs" / "studies" / "anynet.res"
KEPT = 40
"""Networks in a turn."""
_DRAWS = 20_000
"""The most draws of the peer in a turn."""


def main() -> None:
    """Measure and print."""
    works: dict[str, Callable[[int], int]] = {"resdsl": ours}
    peer = pycls()
    if peer is not None:
        works["pycls"] = peer
    found: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(int(sys.argv[1])):
        for name, work in works.items():
            start = time.process_time()
            kept = work(turn)
            found[name].append(kept / (time.process_time() - start))
    print(json.dumps(found))


def ours(seed: int) -> int:
    """Draw a sample; how many points it has."""
    spec = read_spec(Source(str(STUDY), STUDY.read_text(encoding="utf-8")))
    return sum(1 for _ in spec.sweep("anynet", Request(None, (sample_line(f"{KEPT} seed {seed}", "sample"),))).points())


def pycls() -> Callable[[int], int] | None:
    """The sampler of pycls, where it can be imported."""
    try:
        samplers, sweeps = import_module("pycls.sweep.samplers"), import_module("pycls.sweep.config")
        scaler, config = import_module("pycls.models.scaler"), import_module("pycls.core.config")
    except ImportError:
        return None
    setup = sweeps.sweep_cfg.SETUP
    setup.BASE_CFG.MODEL.TYPE = "anynet"
    setup.BASE_CFG.ANYNET.STRIDES = [2] * 4
    setup.BASE_CFG.ANYNET.BLOCK_TYPE = "res_bottleneck_block"
    setup.BASE_CFG.ANYNET.STEM_TYPE = "simple_stem_in"
    setup.CONSTRAINTS.CX.FLOPS = [360e6, 400e6]
    axes = {"DEPTHS": (1, 16, 1), "WIDTHS": (8, 1024, 8), "BOT_MULS": (1, 4, 1), "GROUP_WS": (1, 32, 1)}

    def sampler(name: str, low: int, high: int, step: int) -> Any:
        made, item = sweeps.SAMPLERS.LIST_SAMPLER.clone(), sweeps.SAMPLERS.INT_SAMPLER.clone()
        item.RANGE, item.QUANTIZE = [low, high], step
        item.RAND_TYPE = "log_uniform" if name in ("DEPTHS", "WIDTHS") else "power2_uniform"
        made.LENGTH, made.ITEM_SAMPLER = 4, item
        return made

    chosen = {f"ANYNET.{name}": sampler(name, *bounds) for name, bounds in axes.items()}

    def sample(seed: int) -> int:
        import_module("numpy").random.seed(seed)
        kept = 0
        for _ in range(_DRAWS):
            config.reset_cfg()
            config.cfg.merge_from_other_cfg(setup.BASE_CFG)
            config.cfg.merge_from_list(samplers.sample_parameters(chosen))
            scaler.scale_model()
            kept += bool(samplers.check_complexity_constraints(setup.CONSTRAINTS))
            if kept == KEPT:
                break
        return kept

    return sample


if __name__ == "__main__":
    main()
