"""A spec with every word of the language, in which all that highlights is looked at."""

from __future__ import annotations

from pathlib import Path

from resdsl.resources import spec_folder
from tests.docs.markdown import ROOT

SHOWCASE = Path(__file__).parent / "showcase.res"
SPECS = sorted([*spec_folder().rglob("*.res"), *(ROOT / "examples").rglob("*.res"), SHOWCASE])
"""All specs that are shipped, the standard library, and the showcase."""
