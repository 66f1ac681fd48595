"""`resdsl sweep --train`: trainings in folders, parts of them, what they will cost, and options that have no effect."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Command, Ended
from tests.sweeps.trees import hashes

SPEC = """network net(w = 4, classes = 10) {
  input 1x8x8
  conv 3x3, w; norm; act
  avgpool global
  fc classes
}
sweep study { network net; over w = [4, 6]; name "net{w}" }
"""
RECIPE = """task = "classification"
data = { set = "digits", test = 360 }
optimiser = { kind = "sgd", batch = 32, rate = 0.1 }
schedule.steps = 3
test.whole.views = "whole"
"""


@pytest.fixture
def study(resdsl: Command) -> Command:
    resdsl.write("study.res", SPEC)
    resdsl.write("mine.toml", RECIPE)
    return resdsl


def train(resdsl: Command, *options: object) -> Ended:
    return resdsl("sweep", "study.res", "--train", "mine.toml", "-o", "runs", "--jobs", 1, *options)


def test_every_point_is_trained_from_every_seed(study: Command) -> None:
    assert train(study, "--seeds", 2).out == "runs: 4 trainings: 4 done\n"
    assert train(study, "--seeds", "0,1,7").out == "runs: 6 trainings: 2 done, 4 kept\n"
    folders = sorted(path.parent.relative_to(study.folder).as_posix() for path in study.folder.rglob("result.json"))
    assert folders == [f"runs/net{w}/seed-{seed}" for w in (4, 6) for seed in (0, 1, 7)]


def test_half_precision_is_another_run(study: Command) -> None:
    assert train(study, "--precision", "bf16", "--workers", 1).out == "runs: 2 trainings: 2 done\n"
    run = json.loads((study.folder / "runs/net4/seed-0/run.json").read_text())
    assert run["precision"] == "bf16"
    ended = train(study)
    assert ended.code == 2
    assert "runs contains this sweep trained on another device, or in another precision or layout" in ended.err
    assert train(study, "--precision", "bf16").out == "runs: 2 trainings: 0 done, 2 kept\n"


def test_fewer_steps_are_another_recipe(study: Command) -> None:
    assert train(study, "--steps", 1).code == 0
    assert json.loads((study.folder / "runs/net4/seed-0/result.json").read_text())["steps"] == 1
    ended = train(study)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(
        "error: runs contains this sweep trained by another recipe; choose another folder, or replace it with "
        "--replace\n"
    )
    ended = train(study, "--replace")
    assert ended.out == "runs: 2 trainings: 2 done\n"
    assert ended.err.endswith("note: replaced other runs: net6/seed-0, net4/seed-0\n")


def test_parts_are_merged_to_the_whole(study: Command) -> None:
    assert train(study, "--seeds", 2, "--shard", "1/2").out == "runs: 2 trainings (part 1 of 2): 2 done\n"
    merge = ("sweep", "study.res", "--train", "mine.toml", "--seeds", 2, "--merge", "-o", "runs")
    ended = study(*merge)
    assert (ended.code, ended.out) == (1, "wrote runs/manifest.json and results.csv: 2 of 4 trainings\n")
    assert "error: 2 trainings are missing or differ from the sweep: net4/seed-1, net6/seed-1\n" in ended.err
    assert train(study, "--seeds", 2, "--shard", "2/2").code == 0
    ended = study(*merge)
    assert (ended.code, ended.out) == (0, "wrote runs/manifest.json and results.csv: 4 of 4 trainings\n")
    assert study("sweep", "study.res", "--train", "mine.toml", "--merge", "-o", "none").code == 2


def test_a_training_that_fails_is_told_at_the_end(study: Command) -> None:
    study.write("runs/net6", "mine")
    ended = train(study)
    assert (ended.code, ended.out) == (1, "runs: 2 trainings: 1 done, 1 failed\n")
    assert ended.err.endswith("error: net6/seed-0: runs/net6/seed-0 is not a folder, but points go into folders\n")


def test_builds_and_trainings_have_folders_of_their_own(study: Command) -> None:
    build = ("sweep", "study.res", "--build", "json", "-o", "runs", "--jobs", 1)
    assert study(*build).code == 0
    before = hashes(study.folder)
    assert "error: runs contains builds, not trainings, of this sweep; choose" in train(study).err
    assert hashes(study.folder) == before
    assert train(study, "--replace").code == 0
    assert "error: runs contains trainings, not builds, of this sweep; choose" in study(*build).err


def test_an_estimate_says_what_is_left(study: Command) -> None:
    ended = study("sweep", "study.res", "--train", "mine.toml", "--seeds", 3, "--estimate", "--jobs", 2)
    assert ended.code == 0
    number = r"[\d.e+-]+ (ms|s)"
    patterns = [
        r"6 trainings of 3 steps, one core each",
        rf"net4: a step takes {number}, and its data {number}",
        rf"net6: a step takes {number}, and its data {number}",
        r"the others are between these two, by their multiply-adds",
        r"compute, tests included: less than 0.01 core hours; data: less than 0.01 core hours",
        r"in total: less than 0.01 core hours; with 2 jobs about \d+ s",
    ]
    lines = ended.out.splitlines()
    assert [re.fullmatch(*pair) is not None for pair in zip(patterns, lines, strict=True)] == [True] * 6
    assert sorted(path.name for path in study.folder.iterdir()) == ["mine.toml", "study.res"]
    assert train(study).code == 0
    assert train(study, "--seeds", 1, "--estimate").out == "all trainings are finished\n"
    assert train(study, "--seeds", 2, "--estimate").out.startswith("2 trainings of 3 steps")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seeds", "2"], "--seeds is for --train: it would have no effect without it"),
        (["--estimate"], "--estimate is for --train"),
        (["--data", "."], "--data is for --train"),
        (["--steps", "2"], "--steps is for --train"),
        (["--train", "digits"], "--train needs a folder: name it with -o"),
        (["--train", "digits", "-o", "-"], "--train needs a folder: name it with -o"),
        (["--train", "digits", "-o", "runs", "--build", "json"], "--build and --train do not go together"),
        (["--train", "digits", "-o", "runs", "--seed", "2"], "--seed is for --build: name the seeds of trainings"),
        (["--train", "digits", "-o", "runs", "--lint"], "--lint makes nothing: use it before --build or --train"),
        (["--train", "digits", "-o", "runs", "--merge", "--jobs", "2"], "--merge makes nothing"),
        (["--train", "digits", "-o", "runs", "--merge", "--estimate"], "--merge trains nothing"),
        (["--train", "digits", "-o", "runs", "--merge", "--data", "."], "--merge trains nothing"),
        (["--train", "digits", "-o", "runs", "--estimate", "--replace"], "--estimate writes nothing"),
        (["--train", "digits", "-o", "runs", "--top", "2"], "training shows no table: --top would have no effect"),
        (["--train", "digits", "-o", "runs", "--format", "csv"], "training shows no table: --format csv"),
        (["--train", "digits", "-o", "runs", "--seeds", "0"], "'0' is not a number of seeds from 1 to 10,000"),
        (["--train", "digits", "-o", "runs", "--seeds", "-3"], "'-3' is neither a number of seeds nor seeds as in 0,3"),
        (["--train", "digits", "-o", "runs", "--seeds", "1,0,1"], "'--seeds': 1 is given twice"),
        (["--train", "digits", "-o", "runs", "--seeds", "1,x"], "'1,x' is neither a number of seeds nor seeds as in"),
        (["--train", "digit", "-o", "runs"], "unknown recipe `digit`; did you mean `digits`?"),
        (["--train", "transfer-digits", "-o", "runs"], "the recipe has `transfer`"),
        (["--precision", "bf16"], "--precision is for --train: it would have no effect without it"),
        (["--channels-last"], "--channels-last is for --train"),
        (["--train", "digits", "--estimate", "--workers", "2"], "--estimate measures batches apart"),
        (["--train", "mine.toml", "-o", "runs", "--input", "1x9x9"], "takes 1x9x9, but the images are 1x8x8"),
    ],
)
def test_what_has_no_effect_or_cannot_be_is_refused(study: Command, options: list[str], words: str) -> None:
    ended = study("sweep", "study.res", *options)
    assert (ended.code != 0, ended.out) == (True, "")
    assert words in " ".join(ended.err.split())
    assert not (study.folder / "runs").exists()


def test_help_loads_no_pytorch(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom resdsl.cli.main import main\ntry:\n    main(['sweep', '--help'])\nexcept SystemExit:\n"
        "    assert not {'torch', 'numpy', 'ray'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
