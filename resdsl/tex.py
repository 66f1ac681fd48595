"""The characters that are commands in TeX, and how LaTeX writes them: one table for reports and figures."""

from __future__ import annotations

COMMANDS = {
    **{each: f"\\{each}" for each in "{}$&%#_"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
