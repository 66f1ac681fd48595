"""The exit codes of the command."""

from __future__ import annotations

PROBLEM = 1
"""There is a problem in a spec, or in the weights for it."""
USAGE = 2
"""There is a problem in the command line, or with reading or writing a file."""
FAULT = 3
"""There is a bug in resdsl."""
INTERRUPTED = 130
"""An interrupt arrived as an exception, since `main` was called by a program with its own handlers."""
