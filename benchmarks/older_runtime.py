"""`python -m benchmarks.older_runtime FOLDER`: every shipped network in an onnxruntime that takes IR versions up to 9.

That runtime is installed into an environment of its own, in a folder that is kept. Each network is written in opsets 13
and 17, at a size of its input that takes little time, and what the older runtime yields for an image must be that of
this environment's to a thousandth of the largest value. Weights are those of the tests, which stay in bounds in
networks of any depth. With `--networks`, only those.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime

from benchmarks.importers import Importer, Sample, call, environment, found_in
from resdsl.backends.onnx.form import OnnxForm
from resdsl.backends.onnx.opsets import least_opset
from resdsl.backends.onnx.write import write_onnx
from resdsl.catalogue import networks_of
from resdsl.resources import shipped_specs
from tests.backends.onnx.reference import Varied
from tests.backends.onnx.test_shipped import small

OLDER = Importer("onnxruntime", ("onnxruntime==1.17.3", "numpy<2"))
OPSETS = (13, 17)
SECONDS = 300


def main() -> None:
    """Compare, and exit with 1 if a network differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.older_runtime", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the environment and the files")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help="shipped networks")
    chosen = parser.parse_args()
    python = environment(OLDER, chosen.folder)
    names = chosen.networks or [name for path in shipped_specs() for name in networks_of(path)]
    count = others = 0
    for name in names:
        for sample in _samples(name, chosen.folder):
            said = call(OLDER, python, [sample], SECONDS)
            found, why = found_in(OLDER, sample) or ("refused", said)
            count += 1
            if found != "equal":
                others += 1
                print(f"{name}, opset {sample.opset}: {found} {why}", flush=True)
            for file in (sample.model, sample.model.with_suffix(".npy")):
                file.unlink(missing_ok=True)
    print(f"{count} files of {len(names)} networks, of which {others} are refused or differ")
    sys.exit(1 if others else 0)


def _samples(name: str, folder: Path) -> Iterator[Sample]:
    net = small(name)
    image = np.random.default_rng(0).standard_normal((2, *net.ir.inputs[0].shape), np.float32)
    np.save(folder / "image.npy", image)
    for opset in (opset for opset in OPSETS if opset >= least_opset(net.ir)):
        model = folder / f"{name}_{opset}.onnx"
        write_onnx(net.ir, model, Varied(), 2, OnnxForm(opset))
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        wanted = session.run(None, {session.get_inputs()[0].name: image})[0]
        yield Sample(name, opset, model, folder / "image.npy", wanted)


if __name__ == "__main__":
    main()
