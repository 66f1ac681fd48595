"""Modules of PyTorch as plain graphs, by `torch.export`, which runs their code."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import OutputKind
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from resdsl.lifting.graph import FileTensor, PlainGraph
from resdsl.lifting.refusals import NotLifted
from resdsl.lifting.sources.factories import first_line
from resdsl.lifting.sources.modules.arguments import arguments_of, evaluating
from resdsl.lifting.sources.modules.fx_nodes import is_in_place, kind_of, scopes_of
from resdsl.lifting.sources.modules.names_of_state import first_names, second_names, untrained_tensors
from resdsl.lifting.sources.modules.training_only import only_in_training
from resdsl.lifting.sources.onnx import graph_of_file
from resdsl.lifting.sources.onnx_file import FileModel, FileNode
from resdsl.lifting.sources.reading import SCOPES, NoOp
from resdsl.lifting.sources.state import check_state
from resdsl.lifting.sources.torch_call import TorchCall, TorchValue
from resdsl.lifting.sources.torch_calls import FORMS
from resdsl.lifting.sources.torch_outputs import output_names
from resdsl.lifting.sources.unknown_calls import reason_for
from resdsl.printable import some

_OPSET = 21
_VIEWS = frozenset(
    {
        *("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "transpose", "expand"),
        *("expand_as", "slice", "select", "narrow", "split", "split_with_sizes", "chunk", "unbind", "detach", "alias"),
        *("dropout", "feature_dropout", "contiguous", "to", "t", "getitem"),
    }
)
"""What may yield the memory of what it reads."""
_CONTROLLING = frozenset({"cond", "while_loop", "scan", "map_impl", "associative_scan"})
_CONTROL = "control flow, which a network of the language does not have"


def read_module(
    module: nn.Module, sizes: Mapping[str, Sequence[int]], until: Sequence[str] = (), name: str = "model"
) -> PlainGraph:
    """The plain graph of a module, in evaluation mode.

    Args:
        module: the module; its mode of training is as before afterwards.
        sizes: shapes of one sample for its inputs, by the names of the arguments; under "" that of the only one.
        until: modules or calls at which to stop, in place of what the module returns.
        name: what messages call it.

    Raises:
        NotLifted: it cannot be exported, or the language cannot say what it does.
    """
    whole = exported(module, sizes, name)
    changed = _is_to_be_rewritten(whole)
    program = _rewritten(whole, name) if changed else whole
    _refuse_memory(program, name)
    second = second_names(module)
    graph = graph_of_file(_Program(program, first_names(module)).model(name, second), name, {}, until)
    # On the device meta there are no values, and nothing whose order could be looked at.
    state = {key: _values(tensor) for key, tensor in program.state_dict.items() if not tensor.is_meta}
    check_state(graph, state, name)
    training = only_in_training(module, whole.graph, dropout_is_lost=changed)
    untrained = _untrained(graph, untrained_tensors(module))
    return replace(graph, only_in_training=training, untrained=untrained, second_names=second)


def _refuse_memory(program: ExportedProgram, name: str) -> None:
    """Refuse a module that keeps something from one call to the next.

    Raises:
        NotLifted: it writes into one of its tensors.
    """
    written = [each.target for each in program.graph_signature.output_specs if each.kind == OutputKind.BUFFER_MUTATION]
    if written:
        raise NotLifted(
            f"{name} writes {some([str(each) for each in written])} as it computes, and a network of the language "
            "keeps nothing from one call to the next"
        )


def _untrained(graph: PlainGraph, names: Collection[str]) -> tuple[str, ...]:
    """Of these names, those of tensors that the layers of a graph learn."""
    found = []
    for node in graph.nodes:
        learned = {tensor.name for tensor in node.op.state(graph.shapes_of(node)) if tensor.role != "buffer"}
        found += [tensor.name for role, tensor in node.tensors.items() if role in learned and tensor.name in names]
    return tuple(dict.fromkeys(found))


def _rewritten(program: ExportedProgram, name: str) -> ExportedProgram:
    """A program without programs within, in which no value is changed in place."""
    with torch.no_grad(), _silence():
        try:
            rewritten: ExportedProgram = program.run_decompositions({})
        except Exception as error:
            raise NotLifted(f"{name} cannot be exported for this input: {first_line(error)}") from error
    return rewritten


def exported(module: nn.Module, sizes: Mapping[str, Sequence[int]], name: str) -> ExportedProgram:
    """The program of a module.

    Raises:
        NotLifted: it cannot be exported.
    """
    with evaluating(module), torch.no_grad(), _silence():
        try:
            sample = arguments_of(module, sizes, torch.zeros)
            return torch.export.export(module, sample.positional, sample.by_keyword)
        except NotLifted:
            raise
        except RecursionError:
            raise NotLifted(f"{name} calls itself without end") from None
        except GuardOnDataDependentSymNode as error:
            raise NotLifted(
                f"{name} decides by the values that flow, and a network of the language always does the same"
            ) from error
        except Exception as error:
            raise NotLifted(f"{name} cannot be exported for this input: {first_line(error)}") from error


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No warnings, logs and prints while a module is exported: what is wrong is told once, in a sentence."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _is_to_be_rewritten(program: ExportedProgram) -> bool:
    """Whether a program has programs within, as for another precision, or changes values that are read again."""
    graph, buffers = program.graph, program.graph_signature.inputs_to_buffers
    return any(node.op == "get_attr" for node in graph.nodes) or _changes_in_place(graph, buffers)


def _changes_in_place(graph: fx.Graph, buffers: Collection[str]) -> bool:
    """Whether a value is changed in place that is read under its old name later, or is part of another one."""
    order = {node: place for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        if not is_in_place(node):
            continue
        changed = node.args[0]
        if changed.name in buffers:
            return True
        views = [each for each in changed.users if kind_of(each) in _VIEWS and each is not node]
        if views or kind_of(changed) in _VIEWS or any(order[user] > order[node] for user in changed.users):
            return True
    return False


@dataclass
class _Program:
    """An exported program on its way to nodes of ONNX.

    Attributes:
        first: the first names of tensors by all of their names.
    """

    program: ExportedProgram
    first: Mapping[str, str]
    names: dict[fx.Node, str] = field(default_factory=dict)
    nodes: list[FileNode] = field(default_factory=list)
    constants: dict[str, FileTensor] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)

    def model(self, name: str, second: Mapping[str, str]) -> FileModel:
        """The program as a model of a file; `second` has the second names of modules."""
        inputs: dict[str, tuple[int | None, ...]] = {}
        outputs: list[str] = []
        called: dict[str, str] = {}
        state = self._state()
        for node in self.program.graph.nodes:
            if node.op == "placeholder" and node.name in state:
                self.names[node] = state[node.name].name or node.name
                self.constants[self.names[node]] = state[node.name]
            elif node.op == "placeholder":
                self.names[node] = node.name
                inputs[node.name] = _shape(node)
            elif node.op == "output":
                kinds = [each.kind for each in self.program.graph_signature.output_specs]
                yielded = [
                    each for each, kind in zip(node.args[0], kinds, strict=True) if kind == OutputKind.USER_OUTPUT
                ]
                returned = [self.names[each] if isinstance(each, fx.Node) else "" for each in yielded]
                outputs = [value for value in dict.fromkeys(returned) if value]
                called = output_names(self.program, returned, self.ends)
            elif node.op == "call_function":
                self._call(node)
        self._name_ends(second)
        model = FileModel(name, _OPSET, self.nodes, inputs, outputs, self.constants, ends=self.ends)
        model.called = called
        return model

    def _name_ends(self, second: Mapping[str, str]) -> None:
        """Give ends of modules that have two names both of them."""
        for other, one in second.items():
            if one in self.ends:
                self.ends.setdefault(other, self.ends[one])
            elif other in self.ends:
                self.ends[one] = self.ends[other]

    def _state(self) -> dict[str, FileTensor]:
        """The tensors of the module by the names of their placeholders."""
        signature, program = self.program.graph_signature, self.program
        learned = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        found = {}
        for placeholder, name in {**learned, **signature.inputs_to_lifted_tensor_constants}.items():
            kept = name in program.state_dict
            tensor = program.state_dict[name] if kept else program.constants[name]
            found[placeholder] = FileTensor(
                self.first.get(name, name) if kept else "",
                tuple(tensor.shape),
                partial(_values, tensor),
                is_buffer=placeholder in signature.inputs_to_buffers,
            )
        return found

    def _call(self, node: fx.Node) -> None:
        kind = kind_of(node)
        if kind == "getitem":
            source, place = node.args
            self.names[node] = f"{self.names[source]}:{place}" if place else self.names[source]  # type: ignore[index]
            return
        taken = node.name in self.constants
        self.names[node] = f"{node.name}/value" if taken else node.name
        call = TorchCall(kind, node.name, self._arguments(node), self._yields(node), scopes_of(node), _readers(node))
        self._translate(call)
        for scope in call.scopes:
            self.ends[scope] = self.names[node]
        self.constants.update(call.constants)
        self.nodes += call.nodes

    def _translate(self, call: TorchCall) -> None:
        """Say what a call is, or why it is nothing that the language has."""
        form = FORMS.get(call.kind)
        try:
            if form is None:
                raise NoOp(_CONTROL if call.kind in _CONTROLLING else reason_for(call.kind))
            form(call)
        except NoOp as reason:
            read = [each.name for value in call.given.values() for each in _tensors(value)]
            outputs = [value.name for value in call.yields]
            call.nodes = [FileNode(call.name, call.kind, "", read, outputs, why=str(reason))]
        for made in call.nodes:
            made.path, made.called = call.path, call.kind
            # What has tensors of its own has the path that is in their names.
            if not any(name in self.constants and self.constants[name].name for name in made.inputs):
                made.metadata[SCOPES] = repr([*call.scopes, call.name])

    def _arguments(self, node: fx.Node) -> dict[str, object]:
        """The arguments of a call by name, with those that were left out."""
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            return {f"argument{place}": self._argument(value) for place, value in enumerate(node.args)}
        found = {}
        for place, argument in enumerate(schema.arguments):
            name = "input" if argument.name == "self" else argument.name
            usual = node.kwargs.get(argument.name, argument.default_value)
            found[name] = self._argument(node.args[place] if place < len(node.args) else usual)
        return found

    def _argument(self, value: object) -> object:
        if isinstance(value, fx.Node) and value.op == "get_attr":
            return None  # a part of the program that a call runs, or not
        if isinstance(value, fx.Node):
            return TorchValue(self.names[value], _shape(value))
        return [self._argument(each) for each in value] if isinstance(value, list | tuple) else value

    def _yields(self, node: fx.Node) -> list[TorchValue]:
        value, name = node.meta.get("val"), self.names[node]
        if not isinstance(value, list | tuple):
            return [TorchValue(name, _shape(node))]
        read = {user.args[1] for user in node.users if kind_of(user) == "getitem" and user.users}
        return [
            TorchValue((f"{name}:{place}" if place else name) if place in read else "", tuple(each.shape))
            for place, each in enumerate(value)
        ]


def _tensors(value: object) -> list[TorchValue]:
    if isinstance(value, TorchValue):
        return [value]
    return [each for each in value if isinstance(each, TorchValue)] if isinstance(value, list | tuple) else []


def _values(tensor: torch.Tensor) -> np.ndarray:
    if tensor.is_meta:
        raise NotLifted("the weights of the module have no values: it was made on the device meta")
    found: np.ndarray = tensor.detach().float().cpu().numpy() if tensor.is_floating_point() else tensor.cpu().numpy()
    return found


def _shape(node: fx.Node) -> tuple[int, ...]:
    value = node.meta.get("val")
    return tuple(value.shape) if isinstance(value, torch.Tensor) else ()


def _readers(node: fx.Node) -> frozenset[str]:
    return frozenset(kind_of(user) for user in node.users)
