"""Habits of other languages: what stands on the line of an unexpected word, and how to write it here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from resdsl.diagnostics.suggest import certain, nearest
from resdsl.syntax.token import Token

BODIES = ("residual", "gate", "parallel", "if", "for")
"""Words of statements that take bodies."""
_LABELLED = ("stage", "shared")
"""Words of statements that have a name and a colon."""
_NAMES = {"stage": "layer1", "shared": "conv1"}
"""A name for each of them, as an example."""
_OTHERS_DEFINITIONS = "def|class|function|func|fn|fun|model|net|module|layer|struct|graph|architecture"
BEGINS = r"(?:^|[;{])\s*"
"""Before a statement, which may share its line with others."""
_ENDS = r"\s*(?:$|[;}#])"


class Correction(NamedTuple):
    """What is to stand instead of a stretch of the text, by offsets."""

    start: int
    end: int
    text: str


class Remedy(NamedTuple):
    """A hint.

    Attributes:
        hint: what to do.
        change: what mends the text, where only one thing can have been meant.
        word: the stretch of the word that is wrong, if it is not the unexpected one.
    """

    hint: str
    change: Correction | None = None
    word: tuple[int, int] | None = None


class Habit(NamedTuple):
    """A habit.

    Attributes:
        line: a pattern of the line, in which the unexpected word stands between « and ».
        hint: how to write it here.
        new: what is to stand instead of the group `old` or, without such a group, of the unexpected word.
        is_at: whether the group `old` is the word that is wrong.
    """

    line: str
    hint: str | Callable[[re.Match[str]], str | None]
    new: str | Callable[[re.Match[str]], str | None] | None = None
    is_at: bool = False


def _by_x(text: str) -> str:
    return "x".join(re.findall("[0-9]+", text))


def _sizes(match: re.Match[str]) -> str:
    return f"write the sizes with x: input {_by_x(match['old'])}"


def _small_x(match: re.Match[str]) -> str:
    return f"write a small x: {match['first']}{match['rest'].lower()}"


def _braced(match: re.Match[str]) -> str:
    head = re.sub(r"\brange\((\w+)\)", r"0..\1", match["head"].rstrip())
    return f"write a body in braces, without a colon: {head if len(head) <= 60 else '...'} {{ ... }}"


def _computed(match: re.Match[str]) -> str:
    return f'write a computed name in quotes: stage "{match["name"]}{{...}}": ...'


def _legal(match: re.Match[str]) -> str:
    return re.sub(r"\W+", "_", match["old"]).strip("_")


def _renamed(match: re.Match[str]) -> str:
    return f"names consist of letters, digits and _: {_legal(match)}"


def _bodiless(match: re.Match[str]) -> str:
    name = match["name"]
    near = nearest(name, BODIES) if len(name) > 3 else None
    return f"did you mean `{near}`?" if near is not None else bodiless(name)


def bodiless(name: str) -> str:
    """The hint about a body after a word that takes none."""
    return f"`{name}` takes no body in braces; `residual`, `gate`, `parallel`, `if` and `for` do"


def _body_meant(match: re.Match[str]) -> str | None:
    return certain(match["old"], BODIES)


def _in_quotes(match: re.Match[str]) -> str:
    return f'"{match["stem"]}.res"'


def _call(match: re.Match[str]) -> str:
    return "(...)" if match["next"] == "(" else " ..."


def _joined(match: re.Match[str]) -> str:
    return re.sub(r"\W+", "", match["old"])


def _labelled(match: re.Match[str]) -> str | None:
    near = nearest(match["word"], _LABELLED)
    return None if near is None or match["word"] in _LABELLED else f"did you mean `{near}`?"


def _labelling(match: re.Match[str]) -> str | None:
    return certain(match["word"], _LABELLED)


def _named_after(match: re.Match[str]) -> str:
    return f"{match['op']}; as {match['name']}"


NO_PREFIX = 'strings have no prefix; values are filled in anyway: "layer{i}"'
_UNITS = {"K": "k", "m": "M", "g": "G", "t": "T"}
_FILE = r"(?P<old>(?P<stem>«\w+»)\.res)"

HABITS = (
    Habit(r"^\s*«//»", "begin comments with `#`", "#"),
    Habit(r"^[^\"#]*(?P<old>//)\s*[a-z]*\s*«[A-Za-z]\w*»(?!.*[=,(])", "begin comments with `#`; `//` divides", "#"),
    Habit(r"^\s*(?:«/»\*|«-»-)", "begin comments with `#`"),
    Habit(r"\w\[[^\]]*«:»", "write a part of a list as `[xs[i] for i in 0..2]`"),
    Habit(
        r"\b(?:nn\.)?(?:Sequential|ModuleList)\b[^\n]*«",
        "leave out `Sequential`: statements follow each other, and a `block` gives them a name",
    ),
    Habit(r"^\s*\"(?P<word>\w+)\"\s*:\s*«", lambda m: f"write statements without quotes and colon: {m['word']} ..."),
    Habit(
        rf"{BEGINS}\w+\s*«=»\s*[\w.]+\s*\(\s*[A-Za-z_]\w*\s*\)",
        "take a value up, apply the op, and name what it makes: from x; relu; as y",
    ),
    Habit(
        rf"{BEGINS}(?P<old>(?P<name>\w+)\s*«=»\s*(?P<op>[\w.]+\s*\([^;#\"]*\))){_ENDS}",
        "name a value after the op that makes it: conv 3x3, 64; as x",
        _named_after,
    ),
    Habit(rf"{BEGINS}[\w.]+\s*«=»\s*[\w.]+\s*\(", "name a value after the op that makes it: conv 3x3, 64; as x"),
    Habit(
        rf"{BEGINS}\w+\s*«[-+*/]»=",
        "a name keeps its value: add values of the network with `from add(x, y)`, and name a new number with `let`",
    ),
    Habit(
        r"\b(?P<name>\w+)(?P<old>\s*«:»\s*(?:int|float|str|string|bool|list|tuple)\b\s*)(?=[=,)])",
        lambda m: f"values have no types: {'let ' if 'let' in m.string.split() else ''}{m['name']} = 64",
        " ",
    ),
    Habit(
        r"\bin\s+(?P<old>(?P<first>\w+)\s*«:»\s*(?P<end>\w+))",
        "write a range with two dots, and its end is not part of it: 0..3",
        lambda m: f"{m['first']}..{m['end']}",
    ),
    Habit(r"(?P<old>\.\.«\.»)", "write a range with two dots, and its end is not part of it: 0..3", ".."),
    Habit(r"(?P<old>\s*«(?:to|until)»\s*)\w", "write a range with two dots, and its end is not part of it: 0..3", ".."),
    Habit(r"(?P<old>«=»>)", "write `->` before a shape", "->"),
    Habit(r"«div»", "write `//` for a division without remainder", "//"),
    Habit(r"«mod»", "write `%` for the remainder of a division", "%"),
    Habit(r"^\s*(?P<head>(?:network|block|shortcut)\s+\w+\s*(?:\([^()]*\))?)\s*«:»", _braced),
    Habit(rf"{BEGINS}(?P<head>(?:for|if|while|residual|gate|parallel)\b[^{{]*)«:»", _braced),
    Habit(
        rf"{BEGINS}\w+(?P<old>\s*«=»\s*)[A-Za-z_]\w*\s+[\w\"]",
        "label an op with a colon: head: fc 10; name the value that it makes with `as`: fc 10; as x",
        ": ",
    ),
    Habit(r"\S\s+if\b[^{]*«\{»", "put `if` on a line of its own, or after a `;`"),
    Habit(
        rf"{BEGINS}input\b(?P<old>\s*[(\[]?\s*\d+\s*«,»[\d\s,]*\d(?:\s*[)\]])?)",
        _sizes,
        lambda m: f" {_by_x(m['old'])}",
    ),
    Habit(rf"{BEGINS}input(?P<old>\s*«[:=]»\s*)", "write the shape right after the word: input 3x224x224", " "),
    Habit(r"^(?P<old>\d+\s*«,»[\d\s,]*\d)$", "write sizes with x: 3x224x224", lambda m: _by_x(m["old"])),
    Habit(r"\b(?P<first>\d+)\s*«(?P<rest>X\d[\dXx]*)»", _small_x, lambda m: m["rest"].lower()),
    Habit(r"\d\s*«X\d*»", "write a small x: 3x3"),
    Habit(
        rf"{BEGINS}\w+(?P<old>\s*\(\s*\d+\s*,[\d\s,]*\))\s*«,»",
        "write sizes with x: conv 3x3, 64",
        lambda m: f" {_by_x(m['old'])}",
    ),
    Habit(rf"{BEGINS}\w+\s*\([^()]*\)\s*«,»", "a `(` right after a name opens its arguments: put all of them inside"),
    Habit(
        rf"{BEGINS}\w+(?P<old>\s*«\[»[\d\s,]*\])",
        "write sizes with x: conv 3x3, 64",
        lambda m: f" {_by_x(m['old'])}",
    ),
    Habit(
        r"\bstage\b[^:]*:\s*(?P<old>«(?P<count>\d+)»\s*x\s*(?P<block>[\w.]+(?:\([^()]*\))?))",
        "write repeats after the block: block(64) x 3",
        lambda m: f"{m['block']} x {m['count']}",
    ),
    Habit(r"«(?:elif|elsif|elseif)»", "write `else if`", "else if"),
    Habit(r"\S\s+«if»[^{]*\belse\b", "write a choice as `if condition then 8 else 16`"),
    Habit(r"^\s*(?:network|block|shortcut|sweep)\s+(?P<old>\w+«[-.]»[\w.-]*)", _renamed, _legal),
    Habit(r"^\s*(?:network|block|shortcut|sweep)\s+«\d", "names begin with a letter, and have letters, digits and _"),
    Habit(
        r"^network\s+\w+\s*(?P<old>«(?:extends|from|inherits|of|is)»)\s",
        "a variant of another network is written with `=`: network wide = cifar { ... }",
        "=",
    ),
    Habit(
        rf"^«(?:{_OTHERS_DEFINITIONS})»",
        "define a network as `network NAME { ... }`, a block as `block NAME(width) { ... }`",
    ),
    Habit(rf"^\s*import\s+{_FILE}", 'write the name of the file in quotes: import "blocks.res" as blocks', _in_quotes),
    Habit(
        r"^\s*import\s+(?P<old>\"(?:[^\"/]*/)*(?P<stem>[A-Za-z_]\w*)(?:\.res)?\")\s*«\n»",
        'name the file: import "blocks.res" as blocks',
        lambda m: f"{m['old']} as {m['stem']}",
    ),
    Habit(r"^\s*import\s+«\w+»", 'ops need no import; import other files like this: import "blocks.res" as blocks'),
    Habit(
        r"^\s*(?:«from»\s+[\w.]+\s+import|from\s+[\w.]+\s+«import»)",
        'import other files like this: import "blocks.res" as blocks',
    ),
    Habit(r"^«(?:act|norm|shortcut)»\s*=", "a setting is a parameter of a network: network net(act = gelu) { ... }"),
    Habit(r"^shortcut\s*«=»", "a setting is a parameter of a network: network net(shortcut = B) { ... }"),
    Habit(r"^(?:«\w+»\s*:|«\[»)", "a file consists of definitions: network NAME { ... }, block NAME(width) { ... }"),
    Habit(rf"{BEGINS}residual(?P<old>\s*«\(»\s*identity\s*\))", "write `residual identity { ... }`", " identity"),
    Habit(
        rf"{BEGINS}residual\s*«\(»",
        "a residual takes the shortcut in force, which is set for a network, a stage or a block: basic(64, shortcut=B)",
    ),
    Habit(rf"{BEGINS}parallel\s*«\{{»", "say how the branches are joined: parallel concat { ... } { ... }"),
    Habit(
        rf"{BEGINS}(?:skip|res)(?:_connection|_block)?\b[^;]*«\{{»",
        "a skip connection is written `residual { ... }`",
    ),
    Habit(
        rf"{BEGINS}for\s+\w+\s*(?P<old>\s«=»)",
        "write `in` before what a loop runs over: for i in 0..3 { ... }",
        " in",
    ),
    Habit(
        rf"{BEGINS}for\s*(?P<old>\((?P<given>\s*\w+(?:\s*,\s*\w+)?\s+«in»[^{{}}]*)\))\s*\{{",
        "leave out the brackets: for i in 0..3 { ... }",
        lambda m: m["given"].strip(),
    ),
    Habit(rf"{BEGINS}for\s*\(\s*\w+(?:\s*,\s*\w+)?\s+«in»", "leave out the brackets: for i in 0..3 { ... }"),
    Habit(
        rf"{BEGINS}(?P<old>require\s*\((?P<condition>[^()]*)«,»\s*(?P<message>\"[^\"]*\")\s*\))",
        'write it without brackets and comma: require width > 8 "at least eight"',
        lambda m: f"require {m['condition'].strip()} {m['message']}",
    ),
    Habit(rf"{BEGINS}tap\s*«\n»", "give the output a name: tap c3"),
    Habit(rf"{BEGINS}tap\s+\w+\s*«:»", "`tap` follows what it taps: conv 3x3, 64; tap c3"),
    Habit(rf"{BEGINS}(?P<old>(?P<op>\w+)\s*:\s*)«\d", "leave out the colon: fc 10", lambda m: f"{m['op']} "),
    Habit(r"\d(?P<old>\s+«(?P<unit>[kMGT])»)", "write the unit right behind the number: 3M", lambda m: m["unit"]),
    Habit(
        r"\d«(?P<unit>[Kmgt])»",
        "the units are k, M, G and T: 3M",
        lambda m: _UNITS[m["unit"]],
    ),
    Habit(
        r"\d«(?P<unit>px|pixels?|ch|channels?|units?|filters?)»",
        lambda m: f"remove `{m['unit']}`: numbers take only the units k, M, G and T",
        "",
    ),
    Habit(
        r"\(\s*(?P<old>\(\s*\d+\s*«,»[\d\s,]*\))",
        lambda m: f"write sizes with x: {_by_x(m['old'])}",
        lambda m: _by_x(m["old"]),
    ),
    Habit(
        r"[=(,]\s*(?P<old>\((?P<items>[^()\[\]]*«,»[^()\[\]]*)\))",
        "write a list in square brackets: [2, 2, 2]",
        lambda m: f"[{m['items']}]",
    ),
    Habit(r"->\s*«\n»", "write the shape behind `->`, such as -> 64x32x32, or remove the arrow"),
    Habit(rf"{BEGINS}solve\b[^;]*«\n»", "say what is to be reached: solve n in 1..9 for macs = 250M"),
    Habit(
        rf"{BEGINS}(?:network|over|together|draw|when|keep|solve|sample|name)\b(?P<old>«:»)",
        "leave out the colon",
        "",
    ),
    Habit(rf"{BEGINS}(?P<old>(?P<word>[A-Za-z_]\w*))\s+[\w\"{{}}]+\s*«:»", _labelled, _labelling, is_at=True),
    Habit(rf"{BEGINS}repeat\b.*«\{{»", "repeat with a loop: for i in 0..3 { ... }"),
    Habit(rf"{BEGINS}while\b.*«\{{»", "loops run over ranges and lists only: for i in 0..3 { ... }"),
    Habit(
        rf"{BEGINS}(?P<old>(?P<name>concat|add|mul)\s*)«\{{»",
        "write branches as `parallel concat { ... } { ... }`",
        lambda m: f"parallel {m['name']} ",
    ),
    Habit(
        rf"{BEGINS}(?P<word>stage|shared)\s+(?P<name>[\w.]+)\s*«(?P<next>\(|\d[^:]*$)",
        lambda m: f"give it a name before what it calls: {m['word']} {_NAMES[m['word']]}: {m['name']}{_call(m)}",
    ),
    Habit(r"\bstage\s+\w+(?P<old>\s*«=»)", "put a colon after the name: stage layer1: ...", ":"),
    Habit(
        r"\bstage\b[^;]*:\s*[\w.]+(?P<old>«\[»(?P<given>[^\[\]]*)\])",
        "put the arguments of a block in ( )",
        lambda m: f"({m['given']})",
    ),
    Habit(
        rf"{BEGINS}(?P<old>\w+:\s*[\w.]+\s*\([^()]*\))\s*«x»",
        "only a stage repeats its block: stage NAME: block(64) x 3",
        lambda m: f"stage {m['old']}",
    ),
    Habit(r"^\s*(?:network|block|shortcut)\s+\w+\s*«\[»", "put parameters in ( )"),
    Habit(
        r"\bstage\s+(?P<old>(?P<name>\w*)«\{»[^{}\"]*\}\w*)\s*:",
        _computed,
        lambda m: f'"{_plain(m["old"])}"',
    ),
    Habit(
        r"\bstage\s+\w+\s+«\{»",
        "a stage repeats one block, and has no body: stage NAME: basic(64) x 2; a `block` can have several statements",
    ),
    Habit(r"\bstage\s+(?P<name>\w*)\s*«\{»", _computed),
    Habit(
        r"\bstage\s+(?P<old>\w+\s+«\d+»)\s*:",
        lambda m: f"names have no spaces: stage {_joined(m)}: ...",
        lambda m: _joined(m),
    ),
    Habit(
        r"\bstage\b[^:]*:[^:]*[\w)](?P<old>\s*,\s*x)\s*«\d+»",
        "write the repeat before the comma: stage NAME: block(64) x 3, /2",
        " x",
    ),
    Habit(r"\b(?P<old>[frbu])«\"[^\"]*\"»", NO_PREFIX, ""),
    Habit(r"=\s*«\{»", "there are no dictionaries; write a list of lists: [[64, 3], [128, 4]]"),
    Habit(rf"{BEGINS}(?!else\b)(?P<old>(?P<name>[A-Za-z_]\w*))\s*«\{{»", _bodiless, _body_meant, is_at=True),
    Habit(r"\(\s*[^\[\]()]+\s«for»", "write a list in brackets: sum([x for x in xs])"),
    Habit(r"\blambda\s+«", "there are no functions of your own; a list is computed by `[2 * x for x in xs]`"),
    Habit(r"^\s*output\s*«\n»", "leave it out: the last value is an output anyway, and `output NAME` names it"),
)


def habit_of(token: Token, before: str, after: str, habits: Iterable[Habit] = HABITS) -> Remedy | None:
    """How to write what was meant, if the line shows a habit.

    Args:
        token: the unexpected token.
        before: the text up to it.
        after: the text behind it.
        habits: those to look for; by default those of other languages.
    """
    head = before.rpartition("\n")[2]
    line = f"{head}«{token}»{after.partition(chr(10))[0]}"
    for habit in habits:
        found = re.search(habit.line, line)
        hint = None if found is None else habit.hint if isinstance(habit.hint, str) else habit.hint(found)
        if found is not None and hint is not None:
            start, end = _stretch(found, token, len(head))
            text = habit.new if isinstance(habit.new, str | None) else habit.new(found)
            change = None if text is None else Correction(start, end, _plain(text))
            return Remedy(hint, change, (start, end) if habit.is_at else None)
    return None


def _stretch(found: re.Match[str], token: Token, column: int) -> tuple[int, int]:
    """Where in the text the group `old` is or, without such a group, the token."""
    if "old" not in found.re.groupindex:
        return token.start, token.end
    start, end = (_offset(at, token, column) for at in found.span("old"))
    return start, end


def _offset(at: int, token: Token, column: int) -> int:
    """Where in the text a place of the marked line is."""
    marks = (at > column) + (at > column + 1 + len(token))
    return token.start - column + at - marks


def _plain(text: str) -> str:
    """A stretch of the marked line without the marks."""
    return text.replace("«", "").replace("»", "")
