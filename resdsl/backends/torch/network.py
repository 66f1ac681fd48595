"""The class of the network itself."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.backends.torch.block import member_lines
from resdsl.backends.torch.classes import Classes
from resdsl.backends.torch.construction import Construction, Series, literal, module_of, parameter_text
from resdsl.backends.torch.describe import named_docstring
from resdsl.backends.torch.forward import Forward, variable_names
from resdsl.backends.torch.initial import Filling, convolution_lines
from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.backends.torch.members import members_of
from resdsl.backends.torch.names import TOP_NAMES, Taken, quoted, spoken, variable
from resdsl.backends.torch.parameters import Parameters
from resdsl.backends.torch.rows import row
from resdsl.ir.network import Layer, Network, Node, Stage
from resdsl.ir.text import input_texts
from resdsl.ir.walk import called
from resdsl.ops.base import show
from resdsl.ops.forms import TorchExpression, TorchModule
from resdsl.ops.records import Constant
from resdsl.program.forms import first_value
from resdsl.program.network import input_variables, network_program, output_variables
from resdsl.program.schedule import KINDS, Variable

_ONE, _TWO = INDENT, 2 * INDENT


class NetworkWriter:
    """Writes the class of a network.

    Args:
        network: the network.
        classes: the classes of its blocks.
        name: the name of the class.

    Attributes:
        parameter: the argument of the spec that the class has as a parameter, such as `classes`, with its value; or
            None.
        stages: whether there are stages, which can be recomputed in the backward pass.

    Raises:
        UnusablePath: a path is not valid as that of a PyTorch module.
    """

    def __init__(self, network: Network, classes: Classes, name: str) -> None:
        self._network = network
        self._classes = classes
        self._name = name
        self._outputs = {tap.name: tap.value for tap in network.outputs}
        self.stages = bool(network.stages)
        self._program = network_program(network)
        self._forms = self._program.graph.forms
        self._members = members_of(network.nodes, self._forms, self._program.graph.containers)
        self.parameter = self._found_parameter()

    def lines(self) -> list[str]:
        """The source of the class."""
        shapes = self._network.values
        incoming = ", ".join(input_texts(self._network))
        outgoing = ", ".join(show(shapes[value]) for value in self._outputs.values())
        flow = f"{incoming} -> {outgoing}"
        docstring = named_docstring(f"`{spoken(self._network.name)}`", flow, _ONE)
        lines = [f"class {self._name}({self._members.base}):", *docstring, ""]
        if self.stages:
            lines += [f"{' ' * _ONE}checkpointing: Final[bool]", ""]
        lines += signature("__init__", ["self", *self.declarations()], "None", _ONE)
        lines.append(f"{' ' * _TWO}super().__init__()")
        if self.stages:
            lines.append(f"{' ' * _TWO}self.checkpointing = checkpointing")
        texts, fillings = self._texts()
        lines += [*member_lines(self._members, texts, fillings), *convolution_lines(self._network), ""]
        return [*lines, *self._forward()]

    def declarations(self) -> list[str]:
        """The parameters of the class."""
        taken = [f"{self.parameter[0]}: int = {self.parameter[1]}"] if self.parameter else []
        return [*taken, "*", "checkpointing: bool = False"] if self.stages else taken

    def _numbers(self) -> dict[str, dict[str, str]]:
        alone = Parameters(1, {}, Taken())
        return {
            name: {key: alone.express(key, (value,)) for key, value in form.arguments}
            for name, form in self._forms.items()
            if isinstance(form, TorchExpression)
        }

    def _found_parameter(self) -> tuple[str, int] | None:
        """The argument that determines the outputs of the last layer and nothing else, if there is one."""
        last = [node for node in self._network.nodes if node.name == self._network.outputs[-1].value]
        if not last or not isinstance(last[0], Layer) or not last[0].op.weighted:
            return None
        form = self._forms[last[0].name]
        uses = [
            value
            for each in self._forms.values()
            if isinstance(each, TorchModule)
            for key, value in each.arguments
            if key.startswith("out_")
        ]
        within = {each for _, body in called(self._network.nodes) for each in body.origin.arguments}
        for argument in self._network.arguments:
            if argument in within:
                continue
            value = argument.value
            fits = isinstance(form, TorchModule) and (_OUT.get(f"nn.{form.name}", ""), value) in form.arguments
            if type(value) is int and fits and uses.count(value) == 1:
                taken = Taken({"self", "weights", "checkpointing", *TOP_NAMES})
                return taken.free(variable(argument.name, "classes")), value
        return None

    def _texts(self) -> tuple[dict[str, str], dict[str, list[Filling]]]:
        """The expression that makes each module, and its further initialisation, by path."""
        texts: dict[str, str] = {}
        fillings: dict[str, list[Filling]] = {}
        alone = Parameters(1, {}, Taken())
        for node in self._network.nodes:
            if node.path in texts or node.path not in self._members.access:
                continue
            form = self._forms.get(node.name)
            if isinstance(form, TorchExpression) and form.holds:
                first = form.holds.init.value if isinstance(form.holds.init, Constant) else 0.0
                texts[node.path] = parameter_text([str(size) for size in form.holds.shape], literal(first))
                continue
            made = self._made(node)
            if isinstance(made, Series):
                texts[node.path] = f"{made.callee}({', '.join(row(made))})"
                continue
            last = node.name == self._network.outputs[-1].value
            wording = {_OUT[made.callee]: self.parameter[0]} if last and self.parameter else None
            texts[node.path], _ = alone.constructed([made], wording=wording)
            fillings[node.path] = self._fillings(node)
        return texts, fillings

    def _made(self, node: Node) -> Construction | Series:
        if isinstance(node, Layer):
            form = self._forms[node.name]
            if isinstance(form, TorchModule):
                return module_of(form, in_place=node.name in self._program.in_place)
        made = self._classes.node(node)
        if made is None:
            raise ValueError(f"`{node.path}` has no class")
        return made

    def _fillings(self, node: Node) -> list[Filling]:
        if not isinstance(node, Layer):
            return []
        fillings = []
        for tensor in node.op.state(tuple([self._network.values[value] for value in node.inputs])):
            first = first_value(self._forms[node.name], tensor)
            if not first.is_default:
                fillings.append(Filling(tensor.name, first.function, repr(first.number)))
        return fillings

    def _forward(self) -> list[str]:
        names = self._names()
        given = [names[each] for each in input_variables(self._network).values()]
        forward = Forward(
            self._program,
            self._members,
            names,
            given,
            self._numbers(),
            self._comments(),
            checkpointed=self.stages,
            trained_only=self._network.trained_only,
        )
        lasting = {tap.name: tap.value for tap in self._network.outputs if not tap.training}
        kinds = dict.fromkeys("Tensor" if len(each) == 1 else "dict[str, Tensor]" for each in (lasting, self._outputs))
        parameters = ["self", *(f"{name}: Tensor" for name in given)]
        lines = [*signature("forward", parameters, " | ".join(kinds), _ONE), *forward.lines()]
        if len(lasting) < len(self._outputs):
            lines += [f"{' ' * _TWO}if self.training:", *forward.lines(in_training=True)]
            lines += _returned(self._outputs, forward, _TWO + INDENT)
        return [*lines, *_returned(lasting, forward, _TWO)]

    def _names(self) -> dict[Variable, str]:
        """The names of variables; those of inputs and outputs are taken from the spec."""
        names = variable_names(self._program, "x")
        taken = Taken({"self", *TOP_NAMES, *names.values()})
        for given, each in input_variables(self._network).items():
            if each.kind not in KINDS:
                names[each] = taken.free(variable(given, "given"))
        taps = {value: name for name, value in reversed(self._outputs.items())}
        for value, each in output_variables(self._network).items():
            names[each] = taken.free(variable(taps[value], "tap"))
        return names

    def _comments(self) -> dict[str, str]:
        """The output shapes of stages, and of nodes that change the shape."""
        shapes = self._network.values
        changed = (
            node for node in self._network.nodes if isinstance(node, Stage) or node.shapes[0] != shapes[node.inputs[0]]
        )
        return {node.name: show(node.shapes[0]) for node in changed}


def _returned(outputs: Mapping[str, str], forward: Forward, indent: int) -> list[str]:
    """The statement that returns these outputs: their values by name, or the value of a single one."""
    if len(outputs) == 1:
        return [f"{' ' * indent}return {forward.text(value)}" for value in outputs.values()]
    yielded = ", ".join(f"{quoted(name)}: {forward.text(value)}" for name, value in outputs.items())
    return statement(f"{{{yielded}}}", indent, prefix="return ")


_OUT = {
    "nn.Linear": "out_features",
    **{f"nn.{kind}{axes}d": "out_channels" for kind in ("Conv", "ConvTranspose") for axes in (1, 2, 3)},
}
"""The names of the parameter for the number of outputs, by the class of a last layer."""
