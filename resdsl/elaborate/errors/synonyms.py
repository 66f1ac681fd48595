"""What other languages and libraries call things: names of PyTorch, Keras, timm and Python, and what to write here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("synonyms.txt")

_LINES = ("draw", "over", "together")
"""The words that begin a line of a sweep, and look like an op elsewhere."""
_INSTEAD = {
    "range": "write a range with two dots; the end is not part of it: for i in 0..3 { ... }",
    "enumerate": "a loop gives the index as well: for i, width in widths { ... }",
    **dict.fromkeys(("loguniform", "logspace", "geomspace"), "write `log` behind a range: draw n = 1..65 log"),
    **dict.fromkeys(("uniform", "randint", "randrange", "random"), "a sweep draws from a range: draw n = 1..65"),
    **dict.fromkeys(("choice", "choices", "categorical"), "a sweep draws from a list: draw n = [16, 32, 64]"),
    **dict.fromkeys(("linspace", "quniform"), "a range has its step behind `by`: draw n = 8..65 by 8"),
    **{word: f"`{word}` begins a line of a sweep: sweep NAME {{ network ...; {word} ... }}" for word in _LINES},
    "int": "use `floor`, `ceil` or `round`",
    "pow": "write a power with `**`: 2 ** i",
    "assert": 'write a condition on parameters as `require n > 0 "at least one"`, a figure as `expect params = 3M`',
    **dict.fromkeys(("const", "var", "val", "define"), "name a value with `let`: let width = 64"),
    "print": "a text prints nothing; `resdsl check` and `resdsl report` show what a network has",
    "return": "leave it out: what flows at the end of a body is its result; `from x` goes on with another value",
    "yield": "leave it out: what flows at the end of a body is its result",
    "instancenorm": "normalise every channel by itself: block instance_norm { group_norm channels }",
    "rmsnorm": "there is none; `layer_norm` is the nearest, or add an op in a package of your own (docs/howto/op.md)",
    "globalavgpool": "write `avgpool global`",
    "globalaveragepool": "write `avgpool global`",
    "globalaveragepooling": "write `avgpool global`",
    "gap": "write `avgpool global`",
    "globalmaxpool": "write `maxpool global`",
    "globalmaxpooling": "write `maxpool global`",
    "depthwiseconv": "give every channel its own group: conv 3x3, channels, groups=channels",
    "dwconv": "give every channel its own group: conv 3x3, channels, groups=channels",
    "depthwise": "give every channel its own group: conv 3x3, channels, groups=channels",
    "pointwiseconv": "write `conv 1x1`",
    "pointwise": "write `conv 1x1`",
    "separableconv": "write both convolutions: conv 3x3, channels, groups=channels; conv 1x1, 64",
    "logsoftmax": "leave it to the loss, which is no part of a network; there is `softmax`",
    "crossentropy": "a text has the network alone; the loss belongs to training",
    "same": 'write a word in quotes: pad="same"',
    "valid": "write the padding as a number: pad=0",
    "lstm": "recurrent layers cannot be written: every value has its shape before anything runs",
    "gru": "recurrent layers cannot be written: every value has its shape before anything runs",
    "rnn": "recurrent layers cannot be written: every value has its shape before anything runs",
    "embedding": "there is none: networks take maps and vectors of numbers",
    "sequential": "leave it out: statements follow each other, and a `block` gives them a name",
    "modulelist": "leave it out: repeat with `for`, or a block with `stage`",
}

_ARGUMENTS = {
    "out": ("outchannels", "outfeatures", "outplanes", "filters", "features", "units", "width", "planes", "channels"),
    "width": ("outchannels", "outfeatures", "outplanes", "filters", "planes", "channels", "out"),
    "kernel": ("kernelsize", "ksize", "size", "window", "windowsize", "poolsize", "filtersize"),
    "stride": ("strides", "downsample", "subsample"),
    "pad": ("padding", "pads"),
    "dilation": ("dilationrate", "dilations", "atrous"),
    "bias": ("usebias",),
    "factor": ("scalefactor", "scale", "upscalefactor"),
    "mode": ("interpolation",),
    "groups": ("cardinality", "numgroups", "ngroups"),
    "rate": ("p", "prob", "probability", "droprate"),
    "classes": ("numclasses", "nclasses"),
}

_QUANTITIES = {
    "params": ("parameters", "weights", "numparams", "size"),
    "macs": ("madds", "multadds", "multiplyadds", "gmacs", "mults"),
    "flops": ("gflops",),
    "depth": ("layers", "numlayers"),
    "activations": ("acts",),
}

_NEEDLESS = {
    "inchannels": "leave it out: the channels that flow in are known",
    "infeatures": "leave it out: the channels that flow in are known",
    "inplanes": "leave it out: the channels that flow in are known",
    "inputshape": "leave it out: the shape is written once, as in input 3x224x224",
    "activation": "apply it after the op: conv 3x3, 64; relu",
    "nonlinearity": "apply it after the op: conv 3x3, 64; relu",
    "normalization": "apply it after the op: conv 3x3, 64; norm",
    "inplace": "leave it out: how values are kept is decided when code is written",
    "name": "write a label before the op: head: fc 10",
}


WINDOWS = ("maxpool", "avgpool")
"""Ops whose stride is 1 if none is given, while other libraries take the kernel."""


@cache
def same_names() -> Mapping[str, str]:
    """What a name of another library, as `synonyms.txt` has it, is called here."""
    lines = (line for line in _TABLE.read_text(encoding="utf-8").split("\n") if line and line[0] != "#")
    entries = (line.partition(": ") for line in lines)
    return {other: name for name, _, others in entries for other in others.split()}


def same_name(name: str, known: Iterable[str]) -> str | None:
    """The name here of what has another name elsewhere; None if nothing here is known to be the same.

    Args:
        name: as it was written: `BatchNorm2d`, `nn.Linear`.
        known: the names that can be written here.
    """
    last = name.rsplit(".", 1)[-1]
    words = {*known, "true", "false", "none"}
    same = same_names()
    meant = last if last != name else same.get(_plain(name), name)
    meant = meant if meant in words else same.get(_plain(last), "")
    return meant if meant in words else None


def name_instead(name: str, known: Iterable[str]) -> str | None:
    """What to write instead of a name that is known elsewhere, likewise, as a hint."""
    meant = same_name(name, known)
    if meant in WINDOWS:
        return f"here it is called `{meant}`, and its stride is 1 if none is given: {meant} 2, /2"
    return f"here it is called `{meant}`" if meant else _INSTEAD.get(_plain(name.rsplit(".", 1)[-1]))


def same_argument(name: str, known: Iterable[str]) -> str | None:
    """The name of the parameter that is called `name` elsewhere; None if there is none."""
    word, parameters = _plain(name), {*known}
    return next(
        (parameter for parameter, others in _ARGUMENTS.items() if parameter in parameters and word in others), None
    )


def same_quantity(name: str) -> str | None:
    """The figure of an expectation that is called `name` elsewhere."""
    return next((quantity for quantity, others in _QUANTITIES.items() if _plain(name) in others), None)


def is_needless(name: str) -> bool:
    """Whether an argument that is known elsewhere is simply left out."""
    return _NEEDLESS.get(_plain(name), "").startswith("leave it out")


def argument_instead(name: str, known: Iterable[str]) -> str | None:
    """What to write instead of an argument that is known elsewhere, as a hint."""
    meant = same_argument(name, known)
    return f"here it is called `{meant}`" if meant else _NEEDLESS.get(_plain(name))


def _plain(name: str) -> str:
    """A name without what differs between libraries: case, underscores, and the number of axes at its end."""
    return re.sub(r"(?<=[a-z])[123]d$", "", name.lower().replace("_", ""))
