"""`python -m benchmarks.importers`: which importers take which of our ONNX files, with equal outputs.

Each importer is installed into an environment of its own, in a folder that is kept, and runs every file in a process of
its own. A file is of a shipped network, at the first opset that has all of its operators and at 21, with an image of 64
elements a side. Its output must be that of PyTorch to a thousandth of the largest value. `--write docs/onnx.md` puts
the table into the page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.page import header
from resdsl import load, loads
from resdsl.api import Net
from resdsl.backends.onnx.opsets import least_opset

RUNNER = Path(__file__).with_name("importing.py")
NEWER = 21
Array = NDArray[np.float32]
SECONDS = 120
"""The most that one importer may take for one file."""
CLOSE = 1e-3
LONGEST = 100
"""Characters of a reason."""
START, END = "<!-- importers -->", "<!-- end of importers -->"
"""What stands around the table in the page."""


@dataclass(frozen=True)
class Importer:
    """One importer.

    Attributes:
        name: its name in `importing.py`.
        requirements: what is installed.
        over: whether it uses the packages of this environment beside its own, which are then installed alone.
    """

    name: str
    requirements: tuple[str, ...]
    over: bool = False

    @property
    def folder(self) -> str:
        """The name of its environment."""
        return self.requirements[0].replace("=", "").replace("<", "-below-")


IMPORTERS = (
    *(Importer("onnxruntime", (f"onnxruntime=={version}", "numpy<2")) for version in ("1.15.1", "1.16.3", "1.17.3")),
    *(Importer("onnxruntime", (f"onnxruntime=={version}",)) for version in ("1.19.2", "1.22.1")),
    Importer("onnxruntime", ("onnxruntime",)),
    *(Importer("opencv", (f"opencv-python-headless=={version}", "numpy<2")) for version in ("4.6.0.66", "4.8.1.78")),
    Importer("opencv", ("opencv-python-headless<5",)),
    Importer("opencv", ("opencv-python-headless",)),
    Importer("openvino", ("openvino",)),
    Importer("onnxslim", ("onnxslim", "onnxruntime")),
    Importer("onnxsim", ("onnxsim", "onnxruntime")),
    Importer("onnx_tool", ("onnx-tool",)),
    Importer("reference", ("onnx",)),
    Importer("onnx2torch", ("onnx2torch",)),
    Importer("onnx2pytorch", ("onnx2pytorch",)),
    Importer("onnx2tf", ("onnx2tf",)),
    Importer("onnx2keras", ("onnx2keras",)),
    Importer(
        "onnx_tf", ("onnx-tf==1.10.0", "tensorflow-cpu==2.15.1", "tensorflow-probability==0.23.0", "onnx==1.15.0")
    ),
)
NETWORKS = ("resnet20", "seresnet50", "res2net50_26w_4s", "deblur")
CONVNEXT = """network convnext_like {
  input 3x64x64
  conv 4x4, 32, /4, pad=0, bias=true
  layer_norm
  conv 7x7, 32, groups=32, bias=true
  layer_norm
  conv 1x1, 128; gelu; conv 1x1, 32
  avgpool global; fc 10
}"""
"""Shipped networks have neither layer norm nor GELU."""


@dataclass(frozen=True)
class Sample:
    """A file with an image and its output by PyTorch."""

    name: str
    opset: int
    model: Path
    image: Path
    wanted: Array


def main() -> None:
    """Install, run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importers", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for environments and files, which is kept")
    parser.add_argument("--only", action="append", metavar="NAME", help="importer to run; may be repeated")
    parser.add_argument("--networks", nargs="+", default=NETWORKS, metavar="NAME", help="shipped networks")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="page whose table to replace")
    chosen = parser.parse_args()
    samples = list(_samples(chosen.networks, chosen.folder))
    importers = [each for each in IMPORTERS if not chosen.only or each.name in chosen.only]
    rows = [kept_row(each, samples, chosen.folder) for each in importers]
    table = "\n".join(page(samples, rows))
    print(table)
    if chosen.write:
        chosen.write.write_text(replaced(chosen.write.read_text(encoding="utf-8"), table), encoding="utf-8")


def _samples(names: Sequence[str], folder: Path) -> Iterator[Sample]:
    made = folder / "files"
    made.mkdir(parents=True, exist_ok=True)
    for net in [*(load(name, input="3x64x64") for name in names), loads(CONVNEXT)]:
        image = np.random.default_rng(0).standard_normal((1, 3, 64, 64), np.float32)
        np.save(made / "image.npy", image)
        wanted = by_pytorch(net, image)
        for opset in sorted({least_opset(net.ir), NEWER}):
            model = made / f"{net.name}_{opset}.onnx"
            net.to_onnx(model, opset=opset)
            yield Sample(net.name, opset, model, made / "image.npy", wanted)


def by_pytorch(net: Net, image: Array) -> Array:
    """The output of the PyTorch module for an image."""
    with torch.no_grad():
        found: Array = net.to_torch().eval()(torch.from_numpy(image)).numpy()
    return found


def kept_row(importer: Importer, samples: Sequence[Sample], folder: Path) -> list[str]:
    """The cells of an importer, from an earlier run on the same files if there was one."""
    kept, key = folder / f"{importer.folder}.json", [f"{sample.name} {sample.opset}" for sample in samples]
    if kept.exists() and (found := json.loads(kept.read_text(encoding="utf-8")))["files"] == key:
        cells: list[str] = found["cells"]
        return cells
    cells = row(importer, samples, folder)
    kept.write_text(json.dumps({"files": key, "cells": cells}), encoding="utf-8")
    print(" | ".join(cells), file=sys.stderr)
    return cells


def row(importer: Importer, samples: Sequence[Sample], folder: Path) -> list[str]:
    """The cells of an importer: its name and version, then what became of each file."""
    try:
        python = environment(importer, folder)
    except subprocess.CalledProcessError as error:
        return [importer.requirements[0], *["not installed"] * len(samples), _last_line(error.stderr)]
    title = f"{importer.requirements[0].partition('=')[0].partition('<')[0]} {_version(importer, python)}"
    results = results_of(importer, python, samples)
    reasons = sorted(
        {f"{sample.name} {sample.opset}: {why}" for sample, (_, why) in zip(samples, results, strict=True) if why}
    )
    return [title, *[cell for cell, _ in results], reasons[0] if reasons else ""]


def environment(importer: Importer, folder: Path) -> Path:
    """The Python of its environment, which is made if it is not there."""
    place = folder / importer.folder
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True, capture_output=True, text=True)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        alone = ["--no-deps"] if importer.over else ["numpy"]
        subprocess.run([*install, *alone, *importer.requirements], check=True, capture_output=True, text=True)
        (place / "complete").touch()
    return python


def _version(importer: Importer, python: Path) -> str:
    package = importer.requirements[0].partition("=")[0].partition("<")[0]
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def results_of(importer: Importer, python: Path, samples: Sequence[Sample]) -> list[tuple[str, str]]:
    """What became of each file: many in one process, and the rest in another where one of them ends it."""
    left = list(samples)
    for sample in samples:
        for suffix in (".npy", ".txt"):
            sample.model.with_suffix(suffix).unlink(missing_ok=True)
    results: list[tuple[str, str]] = []
    while left:
        ended = call(importer, python, left, SECONDS * len(left))
        done = 0
        for sample in left:
            if (result := found_in(importer, sample)) is None:
                break
            results.append(result)
            done += 1
        left = left[done:]
        if left:
            results.append(("refused", _last_line(ended)))
            left = left[1:]
    return results


def call(importer: Importer, python: Path, samples: Sequence[Sample], seconds: int) -> str:
    """Let an importer take files, one after the other in one process; returns what it wrote to its error stream."""
    more = {"PYTHONPATH": sysconfig.get_path("purelib")} if importer.over else {"PYTHONPATH": ""}
    files = [str(path) for sample in samples for path in (sample.model, sample.image)]
    line = [str(python), str(RUNNER), importer.name, *files]
    try:
        ended = subprocess.run(
            line, check=False, capture_output=True, text=True, timeout=seconds, env=os.environ | more
        )
    except subprocess.TimeoutExpired:
        return f"more than {seconds} s"
    return ended.stderr


def found_in(importer: Importer, sample: Sample) -> tuple[str, str] | None:
    """What an importer made of a file, in a word, and the reason if it was refused; None if it left nothing."""
    found, refused = sample.model.with_suffix(".npy"), sample.model.with_suffix(".txt")
    if refused.exists():
        return "refused", _last_line(refused.read_text(encoding="utf-8"))
    if not found.exists():
        return None
    output = np.load(found)
    if output.shape != sample.wanted.shape:
        return "differs", f"a shape of {output.shape} in place of {sample.wanted.shape}"
    if importer.name == "onnx_tool":
        return "read", ""
    off = float(np.abs(output - sample.wanted).max() / np.abs(sample.wanted).max())
    return ("equal", "") if off < CLOSE else ("differs", f"by {off:.2g} of the largest value")


def _last_line(text: str) -> str:
    """The end of what an importer says of its error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "it ended without a word")
    line = line.replace("|", "/")
    return line if len(line) <= LONGEST else f"... {line[-LONGEST:].partition(' ')[2]}"


def page(samples: Sequence[Sample], rows: Sequence[list[str]]) -> Iterator[str]:
    """The table as Markdown."""
    yield f"As of {date.today().isoformat()}, on Linux with Python {sys.version.partition(' ')[0]}:\n"
    yield from header("importer", *[f"{sample.name}, opset {sample.opset}" for sample in samples], "why not")
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def replaced(page: str, table: str) -> str:
    """A page with another table."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page has no place for the table: {START} and {END}")
    return f"{before}{start}\n{table}\n{end}{after}"


if __name__ == "__main__":
    main()
