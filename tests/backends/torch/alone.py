"""Generated files in a process of their own, where resdsl cannot be imported.

The process sees the standard library and the folder that torch is installed in, nothing else, and refuses
resdsl there too. It is asked again and again: importing torch takes longer than most networks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from subprocess import PIPE, Popen
from types import ModuleType

import torch
from torch import Tensor, nn

Values = dict[str, Tensor]

_SEED = 20
_START = "import runpy, sys; sys.path.append(sys.argv[2]); runpy.run_path(sys.argv[1], run_name='__main__')"


def behaviour(net: nn.Module, inputs: Sequence[Tensor]) -> Values:
    """Outputs in both modes, and the buffers that a pass in training leaves."""
    found: Values = {}
    for mode in ("eval", "train"):
        net.train(mode == "train")
        torch.manual_seed(_SEED)
        with torch.no_grad():
            given = net(*inputs)
        outputs = given if isinstance(given, dict) else {"output": given}
        found |= {f"{mode} {name}": value for name, value in outputs.items()}
    return found | {f"buffer {name}": value for name, value in net.named_buffers()}


class Alone:
    """The process, as seen from the tests."""

    def __init__(self) -> None:
        packages = Path(torch.__file__).parent.parent
        command = [sys.executable, "-I", "-S", "-c", _START, __file__, str(packages)]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8")

    def behaviour(self, source: Path, factory: str, weights: Path, inputs: Sequence[Tensor]) -> Values:
        """What the network of a generated file does with the weights of a checkpoint.

        Raises:
            RuntimeError: the process could not; with its words.
        """
        passed, result = source.with_suffix(".inputs"), source.with_suffix(".result")
        torch.save(list(inputs), passed)
        job = {"source": source, "factory": factory, "weights": weights, "inputs": passed, "result": result}
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({name: str(value) for name, value in job.items()}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if answer != "done\n":
            raise RuntimeError(answer or "the process ended")
        found: Values = torch.load(result, weights_only=True)
        return found

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


class _Refusing(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "resdsl":
            raise ImportError(f"{name} is refused")


def _module(path: str) -> ModuleType:
    spec = spec_from_file_location(f"generated_{Path(path).stem}", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _serve() -> None:
    sys.meta_path.insert(0, _Refusing())
    torch.set_num_threads(1)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            net = getattr(_module(job["source"]), job["factory"])(weights=job["weights"])
            torch.save(behaviour(net, torch.load(job["inputs"], weights_only=True)), job["result"])
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes to the test
            sys.stdout.write(f"{type(error).__name__}: {error}".replace("\n", " ") + "\n")
        else:
            sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
