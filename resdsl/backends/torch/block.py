"""The class of a block, derived from all its uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resdsl.backends.torch.construction import Construction, Plain
from resdsl.backends.torch.describe import block_docstring
from resdsl.backends.torch.forward import Forward, variable_names
from resdsl.backends.torch.initial import Filling
from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.backends.torch.members import Member, Members
from resdsl.backends.torch.names import TOP_NAMES, Taken, class_name, local_name, variable
from resdsl.backends.torch.parameters import SourceParameter
from resdsl.backends.torch.uses import SEQUENTIAL, Maker, Uses
from resdsl.program.classes import BlockClass

_ONE, _TWO = INDENT, 2 * INDENT


@dataclass(frozen=True)
class Block:
    """A class, or a function that makes a module, with its parameters.

    Attributes:
        name: its name.
        lines: its source.
        parameters: its number parameters, those without a default first.
        slots: the nodes of the modules passed to it, by parameter.
    """

    name: str
    lines: list[str]
    parameters: list[SourceParameter]
    slots: dict[str, str]

    def construction(self, use: int, slots: dict[str, Construction]) -> Construction:
        """The call that makes the block for one use."""
        numbers: list[tuple[str, Plain | Construction]] = [(each.name, each.values[use]) for each in self.parameters]
        needed = sum(each.default is None for each in self.parameters)
        defaults = tuple((each.name, each.default) for each in self.parameters if each.default is not None)
        return Construction(self.name, (*numbers, *slots.items()), min(needed, 2), defaults)


def block_of(block: BlockClass, make: Maker, taken: Taken) -> Block:
    """Write the class for the bodies of one definition, or the function that makes their module.

    Args:
        block: the class and the bodies that share it.
        make: makes the blocks within these bodies.
        taken: names already in use at the top level of the file.

    Raises:
        UnusablePath: a path is not valid as that of a PyTorch module.
    """
    uses = Uses(block, make)
    return _function(block, uses, taken) if block.is_row else _class(block, uses, taken)


def _function(block: BlockClass, uses: Uses, taken: Taken) -> Block:
    origin = block.whole.origin
    name = taken.free(variable(f"{origin.kind}_{origin.name}".lower(), origin.kind))
    parameters = uses.parameters.needed()
    row = ", ".join(uses.texts[node.path] for node in block.whole.nodes)
    lines = [
        *signature(name, [each.declaration for each in parameters], SEQUENTIAL, 0),
        *block_docstring(block, parameters, _ONE),
        *statement(f"{SEQUENTIAL}({row})", _ONE, prefix="return "),
    ]
    return Block(name, lines, parameters, {})


def _class(block: BlockClass, uses: Uses, taken: Taken) -> Block:
    origin, members = block.whole.origin, uses.members
    prefix = "Shortcut" if origin.kind == "shortcut" else ""
    name = taken.free(prefix + class_name(origin.name, origin.kind.capitalize()))
    parameters = uses.parameters.needed()
    lines = [f"class {name}({members.base}):", *block_docstring(block, parameters, _ONE)]
    if parameters or uses.slots or uses.texts:
        lines += ["", *_constructor(block, uses, parameters)]
    names = variable_names(block.program, "out")
    given = dict(zip(block.program.inputs.values(), ["x", *_beside(block.whole.beside, names.values())], strict=True))
    forward = Forward(block.program, members, {**names, **given}, given.values(), uses.arguments)
    yielded = [forward.text(value) for value in block.whole.outputs]
    lines += ["", *_forward_signature(given.values(), len(yielded)), *forward.lines()]
    lines += statement(", ".join(yielded), _TWO, prefix="return ")
    return Block(name, lines, parameters, uses.slots)


def stage_class(name: str, beside: Sequence[str]) -> Block:
    """The class of a stage whose blocks read values beside what flows, which an `nn.Sequential` cannot pass."""
    given = ["x", *_beside(beside, ("block",))]
    lines = [
        f"class {name}({SEQUENTIAL}):",
        f'{" " * _ONE}"""Blocks one after the other, each with the same values beside what flows."""',
        "",
        *_forward_signature(given),
        f"{' ' * _TWO}for block in self:",
        *statement(f"block({', '.join(given)})", _TWO + INDENT, prefix="x = "),
        f"{' ' * _TWO}return x",
    ]
    return Block(name, lines, [], {})


def _forward_signature(given: Iterable[str], yielded: int = 1) -> list[str]:
    result = f"tuple[{', '.join(['Tensor'] * yielded)}]" if yielded > 1 else "Tensor"
    return signature("forward", ["self", *(f"{name}: Tensor" for name in given)], result, _ONE)


def _beside(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """The parameters of `forward` for values that are read beside what flows."""
    taken = Taken({"self", *TOP_NAMES, *known})
    return [taken.free(variable(name, "beside")) for name in names]


def _constructor(block: BlockClass, uses: Uses, parameters: list[SourceParameter]) -> list[str]:
    declared = [each.declaration for each in parameters]
    for slot, node in uses.slots.items():
        declared.append(f"{slot}: nn.Module{' | None = None' if node in block.absent else ''}")
    declared.sort(key=lambda text: "=" in text)
    paths = {node.name: node.path for node in block.whole.nodes}
    slots = {paths[node]: slot for slot, node in uses.slots.items()}
    return [
        *signature("__init__", ["self", *declared], "None", _ONE),
        f"{' ' * _TWO}super().__init__()",
        *member_lines(uses.members, {**uses.texts, **slots}, uses.fillings),
        *(" " * _TWO + each for each in uses.stored),
    ]


def member_lines(members: Members, texts: dict[str, str], fillings: dict[str, list[Filling]]) -> list[str]:
    """The statements that make the modules of a class, and the parameters that are in no module of their own.

    Args:
        members: the modules.
        texts: the expression that makes each module and each parameter, by path.
        fillings: initialisations that differ from PyTorch's default, by path.
    """
    lines: list[str] = []
    taken = Taken()
    for member in members.tree.values():
        if member.node is not None and member.is_attribute:
            lines += statement(texts[member.node.path], _TWO, prefix=f"{member.target} = ")
            lines += _filled(fillings.get(member.node.path, ()), member.target)
            lines += _held_lines(member, member.target, texts, fillings, taken)
            continue
        # Type checkers know the types of attributes only: an item of a container is made, and filled, before it.
        made = dict(texts)
        for path in _paths(member):
            if fillings.get(path):
                local = taken.free(local_name(path))
                lines += [*statement(texts[path], _TWO, prefix=f"{local} = "), *_filled(fillings[path], local)]
                made[path] = local
        row = ", ".join(made[node.path] for node in member.chain)
        text = f"{SEQUENTIAL}({row})" if member.chain else _made_text(member, made)
        lines += statement(text, _TWO, prefix=f"{member.target} = ")
        lines += _held_lines(member, member.target, texts, fillings, taken)
    for path in members.parameters:
        prefix, text = members.held(path, texts[path])
        lines += statement(text, _TWO, prefix=prefix)
    return lines


def _held_lines(
    member: Member, target: str, texts: dict[str, str], fillings: dict[str, list[Filling]], taken: Taken
) -> list[str]:
    """The statements that put modules into those of nodes, such as its norm into a convolution."""
    lines: list[str] = []
    for key, each in member.inner.items():
        if member.node is not None:
            made = dict(texts)
            for path in _paths(each):
                if fillings.get(path):
                    made[path] = taken.free(local_name(path))
                    lines += [*statement(texts[path], _TWO, prefix=f"{made[path]} = ")]
                    lines += _filled(fillings[path], made[path])
            lines += statement(f'{target}.add_module("{key}", {_made_text(each, made)})', _TWO)
        lines += _held_lines(each, f'{target}.get_submodule("{key}")', texts, fillings, taken)
    return lines


def _filled(fillings: Sequence[Filling], module: str) -> list[str]:
    return [" " * _TWO + filling.statement(module) for filling in fillings]


def _made_text(member: Member, texts: dict[str, str]) -> str:
    if member.node is not None:
        return texts[member.node.path]
    inner = ", ".join(f'"{key}": {_made_text(each, texts)}' for key, each in member.inner.items())
    return f"nn.ModuleDict({{{inner}}})" if inner else "nn.ModuleDict()"


def _paths(member: Member) -> list[str]:
    if member.node is not None:
        return [member.node.path]
    return [path for each in member.inner.values() for path in _paths(each)]
