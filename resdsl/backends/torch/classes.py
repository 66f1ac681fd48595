"""The classes of a generated file: one for each block definition that the network uses.

Bodies are visited from the inside out, so that the classes of everything a body calls already exist. A shortcut that
is a sequence of modules becomes a function that returns an `nn.Sequential`.
"""

from __future__ import annotations

from resdsl.backends.torch.block import Block, block_of, stage_class
from resdsl.backends.torch.construction import Construction, Series, module_of
from resdsl.backends.torch.names import Taken
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage
from resdsl.ir.walk import called
from resdsl.ops.forms import TorchModule
from resdsl.program.classes import classes_of
from resdsl.program.forms import form_of
from resdsl.refusal import Refused


class TwoClasses(Refused):
    """Two ops define different classes of the same name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"two ops of this network define different PyTorch classes named `{name}`")


class Classes:
    """The classes for the blocks of a network, and the calls that make each body with them.

    Args:
        network: the network.
        taken: names already in use at the top level of the file.

    Attributes:
        blocks: the classes, in the order of the file.

    Raises:
        UnusablePath: a path is not valid as that of a PyTorch module.
    """

    def __init__(self, network: Network, taken: Taken) -> None:
        self.blocks: list[Block] = []
        self._place: dict[Body, tuple[Block, int]] = {}
        self._made: dict[Body, Construction] = {}
        self._stages: dict[tuple[str, ...], str] = {}
        self._taken = taken
        for each in classes_of(network):
            block = block_of(each, self.node, taken)
            self.blocks.append(block)
            self._place.update((body, (block, use)) for use, body in enumerate(each.bodies))
        for stage in network.stages:
            self.node(stage)  # which writes the class of a stage that needs one of its own

    def node(self, node: Node) -> Construction | Series | None:
        """The call that makes a block or a stage; None if a class that it needs is not written yet."""
        if isinstance(node, Call):
            return self.body(node.body) if self._ready(node.body) else None
        if isinstance(node, Stage) and all(self._ready(run.body) for run in node.runs):
            items = tuple((self.body(run.body), run.count) for run in node.runs)
            beside = node.runs[0].body.beside
            return Series(items, self._stage(beside)) if beside else Series(items)
        return None

    def _stage(self, beside: tuple[str, ...]) -> str:
        """The name of the class for stages whose blocks read these values beside what flows."""
        if beside not in self._stages:
            self._stages[beside] = self._taken.free("Stage")
            self.blocks.append(stage_class(self._stages[beside], beside))
        return self._stages[beside]

    def body(self, body: Body) -> Construction:
        """The call that makes a body's module."""
        if body not in self._made:
            block, use = self._place[body]
            there = {node.name: node for node in body.nodes}
            slots = {slot: self._slot(body, there[name]) for slot, name in block.slots.items() if name in there}
            self._made[body] = block.construction(use, slots)
        return self._made[body]

    def _slot(self, body: Body, node: Node) -> Construction:
        if isinstance(node, Layer):
            form = form_of(body, node)
            if isinstance(form, TorchModule):
                return module_of(form)
        made = self.node(node)
        if isinstance(made, Series):
            items = tuple(("", item) for item, count in made.items for _ in range(count))
            return Construction(made.callee, items, len(items))
        if made is None:
            raise ValueError(f"`{node.path}` has no class")
        return made

    def _ready(self, body: Body) -> bool:
        if body not in self._place:
            return False
        slots = self._place[body][0].slots.values()
        inner = [node for node in body.nodes if node.name in slots]
        return all(self._ready(each) for _, each in called(tuple(inner)))
