"""One of several processes of a run, which leaves the hash of its weights behind.

python -m tests.training.processes FOLDER STRATEGY
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

import torch

import resdsl
from resdsl.data.prepared import prepare
from resdsl.data.sets import read_set
from resdsl.training.batches import Batches
from resdsl.training.devices import Devices, Strategy
from resdsl.training.engines import engine_on
from resdsl.training.loop import Course, optimiser_of, train
from resdsl.training.schedule import rates_of
from resdsl.training.tasks import Classification
from tests.training.small import SPEC


def main(folder: Path, strategy: Strategy) -> None:
    torch.set_num_threads(1)
    recipe = resdsl.recipe("digits", steps=12)
    engine = engine_on(Devices("cpu", count=2, strategy=strategy))
    split = prepare(read_set("digits", None), recipe.data).train
    batches = Batches(split, 128, recipe.augmentation, 0, None, engine.rank, engine.ranks)
    course = Course(batches, rates_of(recipe, 11, 8), Classification(), lambda _: None)
    ready = engine.set_up(resdsl.loads(SPEC).to_torch(), lambda module: optimiser_of(module, recipe.optimiser))
    train(*ready, course, engine, folder, [])
    weights = dict(engine.whole(ready[0]).named_parameters())
    digest = sha256(b"".join(weights[name].detach().numpy().tobytes() for name in sorted(weights)))
    (folder / f"rank{engine.rank}").write_text(digest.hexdigest())
    engine.meet()
    engine.close()


if __name__ == "__main__":
    chosen: dict[str, Strategy] = {"ddp": "ddp", "fsdp": "fsdp"}
    main(Path(sys.argv[1]), chosen[sys.argv[2]])
