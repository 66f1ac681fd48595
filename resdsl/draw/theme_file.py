"""Themes from files: TOML or JSON, checked, and laid over a theme that comes with resdsl. docs/styles.md has the form.

base = "mono"
background = "#fffff8"
size = 9

[styles.identity]
stroke = "#0072b2"
width = 1.2
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.draw.errors import NotDrawn
from resdsl.draw.themes import THEMES, Dash, Hatch, Style, Theme
from resdsl.source import Source, Unreadable, read_source

Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6}|none)$")]
Family = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{0,63}$")]


class _StyleRecord(BaseModel):
    """What a file says of one style; what it does not say is the base's."""

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


def theme_of(name: str) -> Theme:
    """The theme that comes with resdsl under this name, or that of a file, if the name ends in .toml or .json.

    Raises:
        NotDrawn: there is no such theme, or something is wrong with the file.
    """
    if name in THEMES:
        return THEMES[name]
    if Path(name).suffix not in {".toml", ".json"}:
        hint = did_you_mean(name, THEMES)
        raise NotDrawn(f"there is no style `{name}`; {hint or 'a style of your own is a .toml or .json file'}")
    try:
        return read_theme(read_source(Path(name)))
    except Unreadable as error:
        raise NotDrawn(f"{name}: {error}") from None


def read_theme(source: Source) -> Theme:
    """The theme that a text describes: JSON if its name ends in .json, else TOML.

    Raises:
        NotDrawn: the text is of neither form, says something unknown, or names an unknown style.
    """
    record = _record(source)
    if record.base not in THEMES:
        raise NotDrawn(f"{source.name}: base: there is no style `{record.base}`; {did_you_mean(record.base, THEMES)}")
    base = THEMES[record.base]
    styles = dict(base.styles)
    for name, wording in record.styles.items():
        if name not in styles:
            hint = did_you_mean(name, styles) or "docs/styles.md has all names"
            raise NotDrawn(f"{source.name}: styles.{name}: nothing is drawn in a style of this name; {hint}")
        if name == "background":
            raise NotDrawn(f'{source.name}: styles.background: say `background = "#ffffff"` at the top instead')
        styles[name] = _with_overrides(styles[name], wording)
    background = record.background or base.background
    styles["background"] = replace(styles["background"], fill=background)
    font = tuple(record.font) if record.font else base.font
    return Theme(Path(source.name).stem, background, styles, font, record.size)


def _record(source: Source) -> _ThemeRecord:
    try:
        if source.name.endswith(".json"):
            return _ThemeRecord.model_validate_json(source.text)
        return _ThemeRecord(**tomllib.loads(source.text))
    except tomllib.TOMLDecodeError as error:
        raise NotDrawn(f"{source.name}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise NotDrawn(f"{source.name}: {place}: {_reason(first['type'], first['loc'], first['msg'])}") from None
    except RecursionError:
        raise NotDrawn(f"{source.name}: it is nested too deeply") from None


def _reason(kind: str, place: tuple[int | str, ...], message: str) -> str:
    """Why a key or its value is refused, in words."""
    *outer, key = place or ("",)
    match kind:
        case "extra_forbidden":
            known = list((_StyleRecord if outer else _ThemeRecord).model_fields)
            return f"there is no such key; {did_you_mean(str(key), known)}"
        case "string_pattern_mismatch" if "font" in outer:
            return "a family is of letters, digits, spaces and hyphens"
        case "string_pattern_mismatch":
            return f"a colour is six hexadecimal digits, as in #0072b2{'' if key == 'text' else ', or none'}"
    return message


def _with_overrides(style: Style, wording: _StyleRecord) -> Style:
    given = wording.model_dump(exclude_none=True)
    return replace(style, **given)
