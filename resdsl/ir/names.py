"""The names that a network and its parts may have, both in a text and in JSON.

Why it exists: names become files, classes, keys of checkpoints and lines on a terminal. What cannot be written in the
language is not allowed in JSON either. So both use this module: the elaborator for every path that a text makes, and
the verifier for every network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.ir.network import INPUT, Argument, ListValue, Network, Origin, Reference, Value

LONGEST_TEXT = 10_000
"""The most characters in a string of the language, and so in a title."""
MOST_PARTS = 64
"""The most names and numbers in a path."""

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PATH = re.compile(r"\w[\w-]*(\.\w[\w-]*)*", re.ASCII)
_OUTPUT_NAME = re.compile(r"\w+", re.ASCII)
_MOST_LISTED = 60
_RULE = "a name has letters A to Z, digits and underscores, and does not begin with a digit"


def is_name(text: str) -> bool:
    """Whether a text is a name of the language: letters A to Z, digits and underscores, not beginning with a digit."""
    return _NAME.fullmatch(text) is not None


def is_output_name(text: str) -> bool:
    """Whether a text can be the name of an output: letters A to Z, digits and underscores, as `0` or `p3`."""
    return _OUTPUT_NAME.fullmatch(text) is not None and len(text) <= LONGEST_TEXT


def is_path(text: str) -> bool:
    """Whether a text is the path of a module: letters A to Z, digits, underscores and hyphens, in parts joined by dots.

    A part does not begin with a hyphen.
    """
    return text != INPUT and text.count(".") < MOST_PARTS and _PATH.fullmatch(text) is not None


def wrong_names(network: Network) -> Iterator[str]:
    """The names and strings of a network that the language could not have, without those of its graph."""
    yield from _wrong_name(network.name, "network")
    yield from _wrong_arguments((*network.arguments, *network.settings))


def wrong_names_of(origin: Origin) -> Iterator[str]:
    """The same for the definition of a body; a bracket has no name of its own."""
    if origin.kind != "bracket":
        yield from _wrong_name(origin.name, origin.kind)
    yield from _wrong_arguments(origin.arguments)


def wrong_text(text: str, what: str) -> Iterator[str]:
    """The message about a text that is longer than a string of the language can be."""
    if len(text) > LONGEST_TEXT:
        yield f"{what} can have at most {LONGEST_TEXT:,} characters, not {len(text):,}"


def _wrong_name(name: str, kind: str) -> Iterator[str]:
    if not is_name(name):
        yield f"`{name[:_MOST_LISTED]}` cannot be the name of a {kind}: {_RULE}"


def _wrong_arguments(arguments: Iterable[Argument]) -> Iterator[str]:
    for argument in arguments:
        yield from _wrong_name(argument.name, "parameter")
        yield from _wrong_value(argument.value)


def _wrong_value(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield from wrong_text(value, "a string")
    elif isinstance(value, ListValue):
        for item in value.items:
            yield from _wrong_value(item)
    elif isinstance(value, Reference):
        yield from _wrong_name(value.name, "definition")
        yield from _wrong_arguments(value.arguments)
