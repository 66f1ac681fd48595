"""Faults to plant: what is put in the place of what, and the tests that must then fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One slip.

    Attributes:
        name: what is then wrong.
        file: where it is planted.
        right: the text there, which stands in the file once.
        wrong: what is put in its place.
        tests: what pytest is given; one of these must fail.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: str


FAULTS = (
    Fault(
        "the padding of dilated even kernels",
        "resdsl/ops/conv.py",
        "(d * (k - 1) // 2 for k, d",
        "(d * ((k - 1) // 2) for k, d",
        "tests/random/test_edges.py -k dilated",
    ),
    Fault(
        "shortcut costs of a module that is called again",
        "resdsl/analysis/costs.py",
        "*done, 0, self.shortcut_macs",
        "*done, self.shortcut_params, self.shortcut_macs",
        "tests/random/test_edges.py -k called_again",
    ),
    Fault(
        "an ONNX input that is also an output",
        "resdsl/backends/onnx/graph.py",
        "    uses.update(list(graph.inputs))\n",
        "",
        "tests/backends/onnx/test_unread_input.py",
    ),
    Fault(
        "a sum written over a value that is read twice",
        "resdsl/program/schedule.py",
        "if form is None or self._readers[node.inputs[0]] != 1 or",
        "if form is None or self._readers[node.inputs[0]] < 1 or",
        "tests/backends/torch/test_sums_over_values.py",
    ),
    Fault(
        "a layer written over a value that is an output",
        "resdsl/program/schedule.py",
        "self._readers.update([*graph.absent.values(), *graph.outputs])",
        "self._readers.update(graph.absent.values())",
        "tests/random/test_edges.py -k output",
    ),
    Fault(
        "the stride of a residual on a vector",
        "resdsl/elaborate/graph.py",
        "        return 1  # a vector has no axes to stride along\n",
        "        return Dims(())\n",
        "tests/language/test_rules_vectors.py",
    ),
    Fault(
        "a stride along a body that is that of its last layer",
        "resdsl/elaborate/graph.py",
        "return tuple(a * b for a, b in zip(strides, factor, strict=True))",
        "return tuple(max(a, b) for a, b in zip(strides, factor, strict=True))",
        "tests/random/test_edges.py -k strides",
    ),
    Fault(
        "the half of the zeros that stands before",
        "resdsl/ops/shape.py",
        '// 2 if self.zeros == "both"',
        '// 3 if self.zeros == "both"',
        "tests/random/test_edges.py -k zeros",
    ),
    Fault(
        "the work of biases",
        "resdsl/ops/conv.py",
        "bias=positions if self.bias else 0",
        "bias=self.out if self.bias else 0",
        "tests/ops/test_meaning.py -k work",
    ),
    Fault(
        "the work of pools",
        "resdsl/ops/pool.py",
        "Work(pooling=prod(self.kernel) * prod(self.infer(inputs)[0]))",
        "Work(pooling=prod(self.infer(inputs)[0]))",
        "tests/ops/test_meaning.py -k work",
    ),
    Fault(
        "a stride that does not divide",
        "resdsl/ops/base.py",
        "count = span // s + 1",
        "count = -(-span // s) + 1",
        "tests/ops/test_meaning.py -k divide",
    ),
    Fault(
        "the role of a shortcut within a gate",
        "resdsl/elaborate/joins.py",
        'role: Role = "shortcut" if scope.role == "main" else scope.role',
        'role: Role = "shortcut"',
        "tests/language/test_rules_settings.py -k within_a_gate",
    ),
    Fault(
        "the threshold of hints",
        "resdsl/diagnostics/suggest.py",
        "len(name) // 3",
        "len(name) // 2",
        "tests/diagnostics/test_suggest.py",
    ),
    Fault(
        "the hash of a module that is called again",
        "resdsl/sweeps/canonical.py",
        "if node.path in modules else called",
        "if node.path in modules else None",
        "tests/sweeps/test_canonical.py",
    ),
    Fault(
        "the hash of zero below zero",
        "resdsl/sweeps/canonical.py",
        "return value + 0.0 if isinstance(value, float) else value",
        "return value",
        "tests/sweeps/test_canonical.py",
    ),
    Fault(
        "a module that does not say what it is",
        "resdsl/draw/legend.py",
        '"""Legends: samples of boxes, lines and heat with their meanings, wrapped to a width."""\n\n',
        "",
        "tests/test_project.py -k say_what_they_are",
    ),
    Fault(
        "a library where its part of the house may not import it",
        "resdsl/draw/legend.py",
        "from resdsl.draw.texts import figure_text\n",
        "from resdsl.draw.texts import figure_text\nimport numpy\n",
        "tests/test_layers.py -k import_only",
    ),
    Fault(
        "a circle of imports within a function",
        "resdsl/diagnostics/problem.py",
        "class Label(NamedTuple):",
        "def _late() -> None:\n    import resdsl.diagnostics.spec_error\n\n\nclass Label(NamedTuple):",
        "tests/test_import_circles.py",
    ),
    Fault(
        "two classes of one name",
        "resdsl/diagnostics/problem.py",
        "class Label(NamedTuple):",
        "class Net:\n    pass\n\n\nclass Label(NamedTuple):",
        "tests/test_code_names.py -k share",
    ),
    Fault(
        "a problem with a code that no case shows",
        "resdsl/elaborate/errors/flow.py",
        'code = "RES401"',
        'code = "RES407"',
        "tests/diagnostics/test_catalogue.py",
    ),
    Fault(
        "the epsilon of a norm in ONNX alone",
        "resdsl/ops/norm.py",
        '{"epsilon": self.eps, "num_groups": self.groups}',
        '{"epsilon": 1e-5, "num_groups": self.groups}',
        "tests/ops/test_matrix.py -k group_norm",
    ),
    Fault(
        "what the backward pass keeps of a norm",
        "resdsl/ops/norm.py",
        "statistics=2 * inputs[0][0]",
        "statistics=inputs[0][0]",
        "tests/analysis/test_memory.py -k every_op",
    ),
    Fault(
        "boxes of a figure that are lower than their text",
        "resdsl/draw/strips/column.py",
        "max(least, box_height(lines))",
        "least / 2",
        "tests/draw/test_columns.py",
    ),
    Fault(
        "an ignore that does not say what it ignores",
        "resdsl/draw/legend.py",
        "from resdsl.draw.texts import figure_text\n",
        "from resdsl.draw.texts import figure_text  # type" + ": ignore\n",
        "tests/test_project.py -k ignored_is_named",
    ),
    Fault(
        "a module that nobody reads to its end",
        "resdsl/diagnostics/problem.py",
        "class Label(NamedTuple):",
        "#\n" * 400 + "class Label(NamedTuple):",
        "tests/test_project.py -k short",
    ),
    Fault(
        "the epsilon of a batch norm in ONNX",
        "resdsl/ops/norm.py",
        '"BatchNormalization", operands, {"epsilon": self.eps}),)\n\n    def onnx_training',
        '"BatchNormalization", operands, {"epsilon": 1e-2}),)\n\n    def onnx_training',
        "tests/backends/torch/test_agreement.py -k onnx_with_the_same_weights",
    ),
    Fault(
        "the bias of a folded norm",
        "resdsl/weights/folded.py",
        "shift + (value - mean) * scale_of(source, norm)",
        "shift + value * scale_of(source, norm) - mean",
        "tests/backends/onnx/test_folded.py -k shipped_network",
    ),
    Fault(
        "a norm among joined branches that reads the first channels of all groups",
        "resdsl/weights/reparameterized.py",
        "(channels, channels % total.shape[1], *branch.start)",
        "(channels, channels // (len(total) // total.shape[1]), *branch.start)",
        "tests/backends/onnx/test_reparameterized.py -k sum_of_branches",
    ),
    Fault(
        "joined kernels that begin at one corner",
        "resdsl/ir/aligning.py",
        "return tuple([distance // step for distance, step in distances])",
        "return tuple([0 for _ in distances])",
        "tests/backends/onnx/test_reparameterized.py -k sum_of_branches",
    ),
    Fault(
        "a forward that leaves the graph",
        "resdsl/ops/resample.py",
        "template = f'F.pad({{0}}, {margins}",
        "template = f'F.pad(torch.tensor({{0}}.tolist()), {margins}",
        "tests/backends/torch/test_compiling.py -k blur",
    ),
    Fault(
        "source that mypy does not take",
        "resdsl/backends/torch/closing.py",
        'f"    net = {made_by}().eval().requires_grad_(False)"',
        'f"    net: int = {made_by}().eval().requires_grad_(False)"',
        "tests/backends/torch/test_source.py -m zoo -k mypy",
    ),
    Fault(
        "a colour that Graphviz does not know",
        "resdsl/draw/formats/dot.py",
        'return "transparent" if',
        'return "clear" if',
        "tests/draw/test_graphviz.py",
    ),
    Fault(
        "the repeats of a part of a row",
        "resdsl/analysis/rows/repeats.py",
        "repeats=row.repeats * count // repeats,",
        "repeats=row.repeats * count,",
        "tests/analysis/test_diff.py",
    ),
    Fault(
        "a statement that is remembered whatever its settings are",
        "resdsl/elaborate/statement_cache.py",
        "flow.strides, scope.settings.key(), scope.channels",
        "flow.strides, scope.channels",
        "tests/sweeps/test_remembered_texts.py",
    ),
    Fault(
        "a problem without a place",
        "resdsl/elaborate/names.py",
        "span=name.span, name=name.text, known=names, is_applied=is_applied",
        "span=None, name=name.text, known=names, is_applied=is_applied",
        "tests/robustness/test_mutations.py -k few",
    ),
    Fault(
        "a comment before the comma behind the last item is lost",
        "resdsl/printer/reading.py",
        "word.comments = last.comments + word.comments",
        "word.comments = word.comments + ()",
        "tests/printer/test_formatting.py -k drawn",
    ),
    Fault(
        "an operand that binds less tightly is written without parentheses",
        "resdsl/printer/expressions.py",
        "left, right = own, own + 1",
        "left, right = own, own",
        "tests/printer/test_trees.py -k expression",
    ),
    Fault(
        "a shipped network of another width",
        "specs/densenet.res",
        "network densenet121(depths = [6, 12, 24, 16], growth = 32,",
        "network densenet121(depths = [6, 12, 24, 16], growth = 31,",
        "tests/truth/test_family.py -k densenet121",
    ),
    Fault(
        "what a drawn network keeps for the backward pass",
        "resdsl/ops/norm.py",
        "statistics=2 * inputs[0][0]",
        "statistics=3 * inputs[0][0]",
        "tests/analysis/test_memory.py -k shipped_networks_keep_and_hold",
    ),
    Fault(
        "statements that hold for the written inputs alone",
        "resdsl/elaborate/inputs.py",
        "scope.building.has_own_input = scope.building.has_own_input and own",
        "scope.building.has_own_input = own",
        "tests/language/test_inputs.py -k unchecked",
    ),
    Fault(
        "a shared module that is another",
        "resdsl/elaborate/graph.py",
        "if first is not node and not same_module(",
        "if first is not first and not same_module(",
        "tests/diagnostics/test_golden.py -k RES522",
    ),
    Fault(
        "the rounding of the nearest position",
        "resdsl/ops/resize.py",
        "ratio = _single(before / after)",
        "ratio = before / after",
        "tests/ops/test_matrix.py -k resize",
    ),
    Fault(
        "a gap at the second index of named values",
        "resdsl/elaborate/scope.py",
        "return next((gap for gap in inner if gap is not None), None)",
        "return None",
        "tests/diagnostics/test_golden.py -k RES205_second",
    ),
    Fault(
        "the place of the centre in images of which half is no whole number",
        "resdsl/testing/views.py",
        "round((height - size) / 2)",
        "((height - size) // 2)",
        "tests/testing/test_views.py",
    ),
    Fault(
        "best weights kept at every epoch",
        "resdsl/training/measuring.py",
        "and is_best(found, history) and",
        "and",
        "tests/training/test_measuring.py -k best",
    ),
    Fault(
        "weights of another size in a network on another input",
        "resdsl/ir/resizing.py",
        "layer.op.state(read) != layer.op.state(before)",
        "layer.op.state(read) != layer.op.state(read)",
        "tests/ir/test_resizing.py",
    ),
    Fault(
        "an average of scores where probabilities are stated",
        "resdsl/testing/counting.py",
        'average == "probabilities"',
        'average == "probability"',
        "tests/testing/test_counting.py",
    ),
    Fault(
        "the deviation of all values in the place of that of a sample",
        "resdsl/experiments/statistics.py",
        "for value in values) / (n - 1))",
        "for value in values) / n)",
        "tests/experiments/test_statistics.py -k sample",
    ),
    Fault(
        "changes of all seeds in the place of those that are common",
        "resdsl/experiments/statistics.py",
        "value - theirs[seed] for seed, value in ours.items() if seed in theirs]",
        "value - other for value, other in zip(ours.values(), theirs.values(), strict=False)]",
        "tests/experiments/test_statistics.py -k paired",
    ),
    Fault(
        "a table of results that is out of date",
        "resdsl/experiments/folder.py",
        "    if (root / SWEEP).exists() and [",
        "    if not (root / SWEEP).exists() and [",
        "tests/experiments/test_results.py -k not_trusted",
    ),
    Fault(
        "responses measured with running statistics",
        "resdsl/training/responses.py",
        "        if isinstance(part, _NORMS):\n            part.train()\n",
        "        if isinstance(part, _NORMS):\n            part.eval()\n",
        "tests/training/test_responses.py -k by_hand",
    ),
)
