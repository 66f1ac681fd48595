"""The example that trains in several processes, in small."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from examples import train_distributed

UNEQUAL = """
import torch
import torch.distributed as dist

from examples.train_distributed import join, strangers

join()
net = torch.nn.Linear(2, 1, bias=False)
torch.nn.init.constant_(net.weight, dist.get_rank())
print(f"rank {dist.get_rank()} finds {strangers(net)}\\n", end="", flush=True)
dist.destroy_process_group()
"""


def test_two_processes_end_with_equal_weights(root: Path) -> None:
    printed = run(root, "examples/train_distributed.py", "--epochs", "2")
    said = re.findall(r"^(\d process\w*), equal weights; (\d+\.\d\d)% of held-out digits are right$", printed, re.M)
    assert [processes for processes, _ in said] == ["2 processes"]
    assert float(said[0][1]) > 50


def test_other_weights_are_seen_by_every_rank(root: Path, tmp_path: Path) -> None:
    (tmp_path / "unequal.py").write_text(UNEQUAL, encoding="utf-8")
    printed = run(root, str(tmp_path / "unequal.py"))
    assert sorted(re.findall(r"^rank .*$", printed, re.M)) == ["rank 0 finds [1]", "rank 1 finds [1]"]


def run(root: Path, *command: str) -> str:
    """What two processes of torchrun print; they must succeed."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*torchrun, *command], cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_process_will_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["train_distributed.py", "--epochs", "1"])
    train_distributed.main()
    assert re.fullmatch(r"1 process, equal weights; \d+\.\d\d% of held-out digits are right\n", capsys.readouterr().out)
    monkeypatch.setattr(sys, "argv", ["train_distributed.py", "--epochs", "1", "--at-least", "1"])
    with pytest.raises(SystemExit, match=r"^\d+\.\d\d% is less than 100\.00%$"):
        train_distributed.main()
