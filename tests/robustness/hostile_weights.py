"""Files of weights of both formats that are damaged or lie, drawn from a seed."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from resdsl import loads
from tests.robustness.bounded import Commands, Summary, faults_of, warm

NETWORK = "network a { input 3x8x8; conv 3x3, 4; bn; fc 2 }"
_LENGTHS = (0, 1, 2**31, 2**63, 2**64 - 1, 100_000_000)
_VALUES: tuple[object, ...] = (None, -1, 2**63, 1e308, "F32", "F13", [], [-1], [2**40, 2**40], {}, "x" * 50_000, True)


def hostile_weights(folder: Path, count: int, seed: int = 0) -> Iterator[Path]:
    """So many files, the same ones for a seed; those of safetensors and of both of PyTorch's formats in turn."""
    net = loads(NETWORK)
    whole = net.to_safetensors(folder / "whole.safetensors").read_bytes()
    state = net.to_torch().state_dict()
    archives = []
    for packed in (True, False):
        torch.save(state, folder / "whole.pth", _use_new_zipfile_serialization=packed)
        archives.append((folder / "whole.pth").read_bytes())
    for number in range(count):
        dice = random.Random(f"{seed} {number}")
        data = _lying(whole, dice) if number % 2 else _damaged(dice.choice([whole, *archives]), dice)
        path = folder / f"{number}.weights"
        path.write_bytes(data)
        yield path


def _damaged(data: bytes, dice: random.Random) -> bytes:
    """Cut, or with bytes changed, taken out or put in."""
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 3, 20])):
        at = dice.randrange(len(changed) or 1)
        match dice.randrange(4):
            case 0:
                del changed[at:]
            case 1:
                changed[at : at + 1] = bytes([dice.randrange(256)])
            case 2:
                del changed[at : at + dice.choice([1, 8, 100])]
            case _:
                changed[at : at + 8] = dice.choice(_LENGTHS).to_bytes(8, "little")
    return bytes(changed)


def _lying(data: bytes, dice: random.Random) -> bytes:
    """A header of safetensors in which one thing is another, or whose length is."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    entry = header[dice.choice(sorted(name for name in header if name != "__metadata__"))]
    entry[dice.choice(["dtype", "shape", "data_offsets"])] = dice.choice(_VALUES)
    text = json.dumps(header).encode()
    stated = dice.choice([len(text), len(text), len(text), *_LENGTHS])
    return stated.to_bytes(8, "little") + text + data[8 + length :]


def commands(path: Path) -> Commands:
    """What a file of weights is given to, each in a process with bounds; see `bounded`."""
    return [("build", "--to", kind, "-o", f"made.{kind}", "--weights", str(path)) for kind in ("safetensors", "onnx")]


def main(count: int, seed: int) -> int:
    """Run the commands on so many; the exit code."""
    summary = Summary(f"files of weights of seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        files = list(hostile_weights(Path(folder), count, seed))
        warm([("build", "--to", "onnx", "-o", "made.onnx")])
        for path in files:
            summary.add(path.name, *faults_of(NETWORK, "net.res", commands(path)))
    return summary.close()


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [200, 0][len(given) :])))
