"""The statements of a class: one call each, and variables used again as soon as they may be."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.memory.totals import memory
from resdsl.backends.torch.source import torch_source
from resdsl.catalogue import networks_of
from resdsl.ir.network import Network
from resdsl.program.network import network_program
from resdsl.program.schedule import Variable
from resdsl.resources import shipped_specs
from tests.ir.strategies import networks
from tests.zoo import marked

SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]


def forwards(text: str) -> list[ast.FunctionDef]:
    """The `forward` of every class but those that an op brings with it."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    found = [node for each in classes for node in each.body if isinstance(node, ast.FunctionDef)]
    return [node for node in found if node.name == "forward" and [each.arg for each in node.args.args][1:] == ["x"]]


def module_calls(node: ast.AST) -> list[ast.Call]:
    """Calls of modules: of what is reached from `self`, and not of methods of containers."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return [each for each in calls if ast.unparse(each.func).startswith("self") and "get_submodule" not in _last(each)]


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_no_module_is_called_within_the_call_of_another(name: str) -> None:
    for function in forwards(torch_source(resdsl.load(name).ir).text):
        for call in module_calls(function):
            inner = [each for argument in call.args for each in ast.walk(argument) if isinstance(each, ast.Call)]
            assert inner == [], ast.unparse(call)


def test_a_value_takes_the_variable_of_one_that_was_read_for_the_last_time() -> None:
    net = resdsl.loads(
        """
        network two { input 8x4x4
          conv 3x3, 8; as kept
          relu
          conv 3x3, 8
          add from kept
        }
    """.replace("add from kept", "parallel add { } { from kept }")
    )
    variables = [each.variable for each in network_program(net.ir).statements]
    assert variables == [Variable("main"), Variable("main", 2), Variable("main", 2), Variable("main")]


LONG = "a_name_that_would_not_fit_on_one_line_beside_its_call_and_another_within_it"


def renamed(text: str, name: str) -> Network:
    return resdsl.loads(text.replace("NAME", name)).ir


@pytest.mark.parametrize("name", ["a", LONG])
def test_what_layers_are_called_changes_no_byte_of_memory(name: str) -> None:
    text = """
        block b(width) { residual { NAME_c: conv 3x3, width; NAME_n: norm; NAME_a: act; conv 3x3, width; norm }; act }
        network m(shortcut = B) { input 8x16x16
          NAME_1: conv 3x3, 16; NAME_2: norm; NAME_3: act; NAME_4: sigmoid
          tap NAME_t
          NAME_5: b(32)
          avgpool global; fc 10
        }
    """
    assert memory(renamed(text, name)) == memory(renamed(text, "other"))


@given(network=networks())
def test_every_value_that_is_read_is_held_by_its_variable(network: Network) -> None:
    """Follows the statements and looks at each read whether the variable still has that value."""
    program = network_program(network)
    held = {variable: value for value, variable in program.inputs.items()}
    for statement in program.statements:
        for value in statement.reads:
            variable, _ = program.holder(value)
            assert held[variable] in (program.source(value).partition(":")[0], statement.nodes[0].name)
        if statement.variable is not None:
            held[statement.variable] = statement.nodes[-1].name
    for tap in network.outputs:
        assert held[program.holder(tap.value)[0]] == program.source(tap.value).partition(":")[0]
