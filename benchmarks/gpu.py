"""ResNet-50 on a GPU, ours against a plain module and torchvision's: `python -m benchmarks.gpu`.

Training in bf16 autocast, channels_last, eager and compiled: images a second and peak memory. Inference in fp16
with CUDA graphs. Images are noise that stays on the GPU; nothing is loaded.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from textwrap import fill

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.page import FORM, ON_A_GPU, OURS, header, ratios, spread, version_of, with_gpu_section
from benchmarks.peers import contenders, images, laid_out
from benchmarks.turns import Work, in_turn, single
from resdsl import load

NETWORK = "resnet50"
WARMING = 5
"""Steps before anything is measured; cuDNN tries its algorithms and takes memory for it in the first."""


@dataclass(frozen=True)
class Setting:
    """Where and how large.

    Attributes:
        device: `cuda` or `cpu`.
        batches: of inference; the last is that of training.
        side: of the images, in pixels.
        calls: of which a round has the mean.
        compiler: the backend of `torch.compile`.
    """

    device: str
    batches: tuple[int, ...]
    side: int
    calls: int
    compiler: str


FULL = Setting("cuda", (1, 256), 224, 20, "inductor")
SMALL = Setting("cpu", (2,), 64, 1, "aot_eager")


def main() -> None:
    """Run and print; `--write` puts the section into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="counted runs of each measurement (7)")
    parser.add_argument("--small", action="store_true", help="the same code on the CPU, for a look at whether it runs")
    parser.add_argument("--write", metavar="FILE", help="put the section into a page, such as docs/performance.md")
    chosen = parser.parse_args()
    if chosen.small and chosen.write:
        parser.error("what --small measures tells nothing of speed and is not written")
    if not chosen.small and not torch.cuda.is_available():
        parser.exit(2, "there is no GPU that torch could use; --small runs the same code on the CPU\n")
    section = "\n".join(_section(SMALL if chosen.small else FULL, chosen.rounds)) + "\n"
    print(section, end="")
    if chosen.write:
        page = Path(chosen.write)
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        page.write_text(with_gpu_section(text, section), encoding="utf-8")


def _section(setting: Setting, rounds: int) -> Iterator[str]:
    torch.backends.cudnn.benchmark = True
    yield ON_A_GPU
    command = f"python -m benchmarks.gpu --rounds {rounds}"
    yield f"The last run of `{command}`, {date.today().isoformat()}; a round is the mean of {setting.calls}"
    yield "calls, and what is compared took turns.\n"
    yield fill(_machine(setting), 110) + "\n"
    yield from _training(setting, rounds)
    yield from _inference(setting, rounds)


def _machine(setting: Setting) -> str:
    device = "the CPU, small"
    if setting.device == "cuda":
        told = torch.cuda.get_device_properties(0)
        device = f"{told.name} ({told.total_memory / 2**30:.0f} GiB), CUDA {torch.version.cuda}"
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
        device += f", cuDNN {cudnn}"
    packages = ", ".join(f"{name} {version_of(name)}" for name in ("torch", "torchvision", "triton", "resdsl"))
    return f"{device}; {platform.system()} {platform.machine()}, Python {platform.python_version()}, {packages}."


def _training(setting: Setting, rounds: int) -> Iterator[str]:
    batch = setting.batches[-1]
    yield f"### A training step, batch {batch}, bf16 autocast, channels_last\n"
    titles = ("ms: median", "min", "max", "images a second", "time / ours: medians", "minima", "peak MiB", "/ ours")
    yield from header("mode", "what", *titles)
    for mode in ("eager", "compiled"):
        steps, peaks = {}, {}
        for name, module in contenders(NETWORK):
            before = _held(setting)
            steps[name] = _step(module, setting, compiled=mode == "compiled")
            peaks[name] = _peak(steps[name], setting) - before
        times = in_turn(steps, rounds, partial(_mean, setting))
        for name, found in times.items():
            speed = f"{spread(found)} | {batch / min(found) * 1000:,.0f} | {ratios(found, times[OURS])}"
            memory = f"{peaks[name]:,.0f} | {peaks[name] / peaks[OURS]:.2f}" if setting.device == "cuda" else "- | -"
            yield f"| {mode} | {name} | {speed} | {memory} |"
    yield "\nGoal: at least as fast as the peers, with no more memory. Images a second are those of the fastest round;"
    yield "memory is what PyTorch's allocator held at the peak of a step, weights and momenta included.\n"


def _step(module: nn.Module, setting: Setting, *, compiled: bool) -> Work:
    module = laid_out(module.to(setting.device).train(), torch.channels_last)
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    x = _images(setting.batches[-1], setting)
    labels = torch.arange(len(x), device=setting.device)
    forward: Callable[[torch.Tensor], torch.Tensor] = module
    if compiled:
        forward = torch.compile(module, backend=setting.compiler, fullgraph=True)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(setting.device, torch.bfloat16):
            loss = F.cross_entropy(forward(x), labels)
        torch.autograd.backward(loss)
        optimizer.step()

    return step


def _inference(setting: Setting, rounds: int) -> Iterator[str]:
    graphs = "CUDA graphs" if setting.device == "cuda" else "without CUDA graphs"
    yield f"### Inference in fp16, channels_last, {graphs}\n"
    titles = ("ms: median", "min", "max", "images a second", "time / ours: medians", "minima")
    yield from header("batch", "what", *titles)
    modules = {name: laid_out(module, torch.channels_last) for name, module in contenders(NETWORK)}
    modules[FORM] = load(NETWORK).to_torch(inference=True)
    for module in modules.values():
        module.to(setting.device, torch.float16).eval().requires_grad_(False)
    for batch in setting.batches:
        x = _images(batch, setting).half()
        works: Mapping[str, Work] = {name: _call(module, x, setting) for name, module in modules.items()}
        times = in_turn(works, rounds, partial(_mean, setting))
        for name, found in times.items():
            fastest = f"{batch / min(found) * 1000:,.0f}"
            yield f"| {batch} | {name} | {spread(found, 2)} | {fastest} | {ratios(found, times[OURS])} |"
    yield "\nGoal: at least as fast as the peers, the inference form faster."


def _call(module: nn.Module, x: torch.Tensor, setting: Setting) -> Work:
    """A forward pass; on a GPU the replay of one that was recorded."""
    if setting.device == "cpu":
        return partial(module, x)
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARMING):
            module(x)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        module(x)
    return graph.replay


def _images(batch: int, setting: Setting) -> torch.Tensor:
    return images(batch, setting.side).to(setting.device).contiguous(memory_format=torch.channels_last)


def _mean(setting: Setting, work: Work) -> float:
    """Milliseconds of a call when several follow one another, after one that is not counted."""

    def calls() -> None:
        for _ in range(setting.calls):
            work()
        _finish(setting)

    work()
    _finish(setting)
    return single(calls) / setting.calls


def _finish(setting: Setting) -> None:
    if setting.device == "cuda":
        torch.cuda.synchronize()


def _held(setting: Setting) -> float:
    """MiB that are in use on the GPU."""
    return torch.cuda.memory_allocated() / 2**20 if setting.device == "cuda" else 0.0


def _peak(step: Work, setting: Setting) -> float:
    """MiB in use at the peak of a step, after some that warm up."""
    if setting.device == "cpu":
        step()
        return 0.0
    for _ in range(WARMING):
        step()
    torch.cuda.reset_peak_memory_stats()
    step()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() / 2**20


if __name__ == "__main__":
    main()
