"""Imports all that a build needs, and reads the standard library: what processes of builds are forked from.

It is imported for these effects alone, by the server of forks (`child`).
"""

from __future__ import annotations

import resdsl.live.updates  # noqa: F401 - imported here, so that no build has to
from resdsl.draw.theme_file import theme_of
from resdsl.elaborate.linking import standard_library
from resdsl.interrupts import leave_signals_to_the_parent

leave_signals_to_the_parent()
standard_library()
theme_of("dark")
