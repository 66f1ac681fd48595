"""Themes from TOML or JSON files, validated and based on a built-in theme; docs/styles.md describes the format.

base = "mono"
background = "#fffff8"
size = 9

[styles.identity]
stroke = "#0072b2"
width = 1.2
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.draw.errors import NotDrawn
from resdsl.draw.themes import THEMES, Dash, Hatch, Style, Theme
from resdsl.settings_file import NotSettings, read_settings
from resdsl.source import Source, Unreadable, read_source

Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6}|none)$")]
Family = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{0,63}$")]


class _StyleRecord(BaseModel):
    """The settings of one style in a file; missing ones are taken from the base."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fill: Colour | None = None
    stroke: Colour | None = None
    text: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    width: Annotated[float, Field(ge=0.1, le=10)] | None = None
    dash: Dash | None = None
    hatch: Hatch | None = None


class _ThemeRecord(BaseModel):
    """A theme file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base: str = "paper"
    background: Colour | None = None
    font: Annotated[list[Family], Field(min_length=1, max_length=8)] | None = None
    size: Annotated[float, Field(ge=4, le=72)] | None = None
    styles: dict[str, _StyleRecord] = {}


_PATTERN = "string_pattern_mismatch"
_COLOUR = "a colour must have six hexadecimal digits, as in #0072b2"
_REASONS = {
    (_PATTERN, "font"): "a font family may contain only letters, digits, spaces and hyphens",
    (_PATTERN, "text"): _COLOUR,
    **{(_PATTERN, key): f"{_COLOUR}, or none" for key in ("background", "fill", "stroke")},
}


def theme_of(name: str) -> Theme:
    """The built-in theme of this name or, if the name ends in .toml or .json, the theme in that file.

    Raises:
        NotDrawn: the theme is unknown, or the file is not valid.
    """
    if name in THEMES:
        return THEMES[name]
    if Path(name).suffix not in {".toml", ".json"}:
        hint = did_you_mean(name, THEMES)
        raise NotDrawn(f"unknown style `{name}`; {hint or 'a custom style is a .toml or .json file'}")
    try:
        return read_theme(read_source(Path(name)))
    except Unreadable as error:
        raise NotDrawn(f"{name}: {error}") from None


def read_theme(source: Source) -> Theme:
    """The theme that a text describes, as JSON if its name ends in .json and as TOML otherwise.

    Raises:
        NotDrawn: the text cannot be parsed, or a key, value or name of a style is not valid.
    """
    record = _record(source)
    if record.base not in THEMES:
        raise NotDrawn(f"{source.name}: base: unknown style `{record.base}`; {did_you_mean(record.base, THEMES)}")
    base = THEMES[record.base]
    styles = dict(base.styles)
    for name, wording in record.styles.items():
        if name not in styles:
            hint = did_you_mean(name, styles) or "docs/styles.md lists all names"
            raise NotDrawn(f"{source.name}: styles.{name}: unknown name of a style; {hint}")
        if name == "background":
            raise NotDrawn(f'{source.name}: styles.background: set `background = "#ffffff"` at the top level instead')
        styles[name] = _with_overrides(styles[name], wording)
    background = record.background or base.background
    styles["background"] = replace(styles["background"], fill=background)
    font = tuple(record.font) if record.font else base.font
    return Theme(Path(source.name).stem, background, styles, font, record.size)


def _record(source: Source) -> _ThemeRecord:
    try:
        return read_settings(source, _ThemeRecord, _REASONS)
    except NotSettings as error:
        raise NotDrawn(f"{source.name}: {error}") from None


def _with_overrides(style: Style, wording: _StyleRecord) -> Style:
    given = wording.model_dump(exclude_none=True)
    return replace(style, **given)
