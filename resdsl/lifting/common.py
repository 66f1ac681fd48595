"""Numbers that somebody would change first, as parameters of the network, so that they can be axes of a sweep.

These are how many classes there are, and what all calls of a block of the library have in common: a literal that stands
in every stage, such as `groups=32`, is then changed in one place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_CALL = re.compile(r"(?<![\w\"])(?P<name>[a-z_]\w*)\((?P<given>[^()]*)\)")
_NAMED = re.compile(r"(?P<name>[a-z_]+)=(?P<value>\d+(?:\.\d+|(?:x\d+)*))$")
_LAST = re.compile(r"(?P<before>(?:^|; )(?:[^\s;]+: )?fc )(?P<count>\d+)(?=$|; softmax$)")
_FEWEST = 2
"""From so many calls on an argument is a parameter, and from so many numbers on they are those of classes."""


def with_classes(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The parameter for the number of classes, and the lines of a network with it, where they end in a classifier.

    Where another layer has as many outputs, such as a second head, the parameter would be that of one of them alone.
    """
    found = _LAST.search(lines[-1]) if lines else None
    if found is None or int(found["count"]) < _FEWEST:
        return [], list(lines)
    if len(re.findall(rf"(?<!\w)fc {found['count']}\b", "\n".join(lines))) > 1:
        return [], list(lines)
    return [f"classes = {found['count']}"], [*lines[:-1], _LAST.sub(r"\g<before>classes", lines[-1])]


def with_common_arguments(
    lines: Sequence[str], blocks: Collection[str], taken: Collection[str], definitions: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """Parameters of a network, and its lines with these in place of what all calls of blocks say.

    Args:
        lines: the lines.
        blocks: the names of the blocks that are looked at.
        taken: names that parameters cannot have.
        definitions: those of further blocks; what they say as well is no parameter, which would not reach them.
    """
    calls = [call["given"].split(", ") for line in lines for call in _CALL.finditer(line) if call["name"] in blocks]
    if len(calls) < _FEWEST:
        return [], list(lines)
    common = [each for each in calls[0] if _NAMED.match(each) and all(each in given for given in calls)]
    others = (_CALL.sub(lambda call: "" if call["name"] in blocks else call[0], line) for line in lines)
    written = "\n".join([*definitions, *others])
    common = [each for each in common if not re.search(rf"\b{re.escape(_in_a_body(each))}\b", written)]
    named = {each: found["name"] for each in common if (found := _NAMED.match(each)) and found["name"] not in taken}

    def with_parameters(call: re.Match[str]) -> str:
        if call["name"] not in blocks:
            return call[0]
        given = [f"{named[each]}={named[each]}" if each in named else each for each in call["given"].split(", ")]
        return f"{call['name']}({', '.join(given)})"

    parameters = [each.replace("=", " = ") for each in named]
    return parameters, [_CALL.sub(with_parameters, line) for line in lines] if named else list(lines)


def _in_a_body(argument: str) -> str:
    """An argument of a block as a layer says it."""
    return f"dropout {argument.removeprefix('drop=')}" if argument.startswith("drop=") else argument
