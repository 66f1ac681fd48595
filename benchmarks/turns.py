"""Works that take turns, with the threads of all benchmarks."""

from __future__ import annotations

import os

from resdsl.latency.turns import Work, in_turn, settled, single

__all__ = ["THREADS", "Work", "in_turn", "settled", "single"]

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))
"""Of PyTorch and onnxruntime."""
