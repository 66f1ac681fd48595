"""The lexer for Pygments, which finds it by its entry point: `pygmentize -l resdsl`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from resdsl.highlighting.words import KEYWORDS, library

_NAME = r"[A-Za-z_]\w*"
_PATH = rf"{_NAME}(?:\.{_NAME})*"
_GAP = r"([ \t]+)"
_AFTER = rf'(after)\b([ \t]*)({_PATH}|(?="))'
_NOTHING = bygroups()
_BUILTINS = {
    "op": Name.Builtin,
    "function": Name.Builtin,
    "block": Name.Builtin,
    "shortcut": Name.Builtin,
    "setting": Name.Builtin.Pseudo,
    "value": Name.Builtin.Pseudo,
}


def _any_of(*kinds: str) -> words:
    return words(tuple(word for kind in kinds for word in KEYWORDS[kind]), suffix=r"\b")


def _defined(*behind: Any) -> Any:
    """The word of a definition, its name, and what is behind."""
    return bygroups(Keyword.Declaration, Whitespace, Name.Class, *behind)


@cache
def _builtins() -> dict[str, Any]:
    return {name: _BUILTINS[kind] for kind, names in library().items() for name in names}


class ResdslLexer(RegexLexer):
    """Cuts texts of the language into tokens of Pygments.

    Like the compiler, it takes a word for a keyword only where that can stand. It reads texts that are still being
    written as well: only characters that the language has no use for are errors.
    """

    name = "resdsl"
    aliases: ClassVar[list[str]] = ["resdsl", "res"]
    filenames: ClassVar[list[str]] = ["*.res"]
    flags = re.ASCII

    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [default("statement")],
        "blank": [(r"[ \t]+", Whitespace), (r"#[^\n]*", Comment.Single)],
        "end": [(r"(?=[\r\n;])", _NOTHING, "#pop"), (r"[{}]", Punctuation, "#pop")],
        # Where a statement or a definition begins.
        "statement": [
            include("blank"),
            (r"[\r\n]+", Whitespace),
            (r"[;:{}]", Punctuation),
            (r'"', String, "string"),
            (rf"{_NAME}(?=[ \t]*:|[ \t]+after[ \t]+[\w.\"]+[ \t]*:)", Name.Label),
            (_AFTER, bygroups(Keyword, Whitespace, Name.Label)),
            (rf"(sweep){_GAP}({_NAME})([ \t]*)(\{{)", _defined(Whitespace, Punctuation), "sweep"),
            (rf"(network|block|shortcut|sweep){_GAP}({_NAME})", _defined(), "rest"),
            (r"import\b", Keyword.Namespace, "import"),
            (r"shared\b", Keyword),
            (rf"(stage){_GAP}({_NAME})", bygroups(Keyword, Whitespace, Name.Label), "stage"),
            (r"stage\b", Keyword, "stage"),
            (rf"(residual){_GAP}(identity)\b", bygroups(Keyword, Whitespace, Keyword), "rest"),
            (rf"(parallel){_GAP}({_NAME})", bygroups(Keyword, Whitespace, Name.Function), "rest"),
            (rf"(as|let){_GAP}({_NAME})", bygroups(Keyword, Whitespace, Name.Variable), "rest"),
            (rf"(input){_GAP}({_NAME})(?=[ \t]+\w)", bygroups(Keyword, Whitespace, Name.Variable), "rest"),
            (rf"(tap|output|drop){_GAP}({_PATH})", bygroups(Keyword, Whitespace, Name.Label), "rest"),
            (r"expect\b", Keyword, "expect"),
            (_any_of("definition"), Keyword.Declaration, "rest"),
            (_any_of("statement", "control"), Keyword, "rest"),
            (_PATH, Name.Function, "rest"),
            default("rest"),
        ],
        "rest": [
            include("end"),
            (rf"(in){_GAP}(training)\b", bygroups(Keyword, Whitespace, Keyword)),
            (_AFTER, bygroups(Keyword, Whitespace, Name.Label)),
            include("expression"),
        ],
        "import": [
            include("end"),
            (rf"(as){_GAP}({_NAME})", bygroups(Keyword.Namespace, Whitespace, Name.Namespace)),
            include("expression"),
        ],
        "expect": [include("end"), (r"when\b", Keyword), include("expression")],
        # A stage up to its colon, the block, and what tells a repeat from a name.
        "stage": [
            include("end"),
            (r":", Punctuation, ("#pop", "unit")),
            (_AFTER, bygroups(Keyword, Whitespace, Name.Label)),
            include("expression"),
        ],
        "unit": [include("blank"), (_PATH, Name.Function, ("#pop", "repeat")), default(("#pop", "repeat"))],
        "repeat": [
            include("blank"),
            (r"[(\[]", Punctuation, "bracket"),
            (r"x(?![A-Za-z_])", Keyword, ("#pop", "rest")),
            default(("#pop", "rest")),
        ],
        "sweep": [
            include("blank"),
            (r"[\r\n]+", Whitespace),
            (r"\}", Punctuation, "#pop"),
            (r";", Punctuation),
            (_any_of("sweep"), Keyword, "line"),
            (r"(?:network|when)\b", Keyword, "line"),
            default("line"),
        ],
        "line": [
            (r"(?=[\r\n;}])", _NOTHING, "#pop"),
            (r"\{", Punctuation),
            (r"(?:within|by|of|seed|sorted)\b|log(?![A-Za-z0-9_]|[ \t]*\()|network(?=[ \t]*=)", Keyword),
            include("expression"),
        ],
        "bracket": [
            (r"[\r\n]+", Whitespace),
            (r"[)\]]", Punctuation, "#pop"),
            (r"[{};]", Punctuation),
            include("expression"),
        ],
        "expression": [
            include("blank"),
            (r'"', String, "string"),
            (r"[0-9]+(?:x[0-9]+)+", Number),
            (r"[0-9][0-9_]*(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)[kMGT]?", Number.Float),
            (r"[0-9][0-9_]*[kMGT]?", Number.Integer),
            (rf"{_NAME}(?=[ \t]*=(?!=))", Name.Attribute),
            (_any_of("operator"), Operator.Word),
            (_any_of("constant"), Keyword.Constant),
            (_any_of("control"), Keyword),
            (rf"{_NAME}(?=[ \t]*\()", Name.Function),
            (_NAME, Name),
            (r"[(\[]", Punctuation, "bracket"),
            (r"->|==|!=|<=|>=|\*\*|//|\.\.|[-+*/%<>=]", Operator),
            (r"[)\],:.;]", Punctuation),
        ],
        "string": [
            (r'"', String, "#pop"),
            (r"\\.|\{\{|\}\}", String.Escape),
            (r"\{", String.Interpol, "hole"),
            (r'[^"\\{}\r\n]+|[\\}]', String),
            (r"(?=[\r\n])", _NOTHING, "#pop"),
        ],
        "hole": [
            (r"\}", String.Interpol, "#pop"),
            (r'(?=["\r\n])', _NOTHING, "#pop"),
            (r"[()\[\]]", Punctuation),
            include("expression"),
        ],
    }

    def get_tokens_unprocessed(self, text: str, stack: tuple[str, ...] = ("root",)) -> Iterator[tuple[int, Any, str]]:
        """The tokens of a text, each with where it begins; names that need no definition are told from others."""
        for at, kind, word in super().get_tokens_unprocessed(text, stack):
            yield at, _builtins().get(word, kind) if kind in (Name, Name.Function) else kind, word
