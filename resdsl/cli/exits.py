"""Exit codes of the command."""

from __future__ import annotations

PROBLEM = 1
"""A spec, or the weights for it, is at fault."""
USAGE = 2
"""The command line is."""
FAULT = 3
"""resdsl is."""
INTERRUPTED = 130
"""An interrupt came as an exception: `main` was called by a program with handlers of its own."""
