"""Whether an ONNX exporter folds the same batch norms as `resdsl.ir.folding`, as far as that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from resdsl.ir.network import Body, Layer, Network, Node
from resdsl.ir.walk import bodies, called


def folds_as_we_do(network: Network, foldable: Collection[str]) -> bool:
    """Whether an exporter folds the same norms as we do.

    Both only fold a norm that is the only reader of its input. But torch's exporter does not touch weights that two
    calls share, and its predecessor changes them separately for each call; and the two do not fold into the same ops.

    Args:
        network: the network as written.
        foldable: the ops that the exporter puts norms into.
    """
    normed: set[Body] = set()
    for _, body in bodies(network):
        if not _graph_folds(body.nodes, foldable, normed):
            return False
        if _has_norm(body.nodes, normed):
            normed.add(body)
    return _graph_folds(network.nodes, foldable, normed)


def _graph_folds(nodes: tuple[Node, ...], foldable: Collection[str], normed: Collection[Body]) -> bool:
    calls = Counter(node.path for node in nodes)
    read_by_norms = {node.inputs[0] for node in nodes if isinstance(node, Layer) and _is_norm(node)}
    for node in nodes:
        once = calls[node.path] == 1
        if not isinstance(node, Layer):
            if not once and _has_norm((node,), normed):
                return False
        elif node.name in read_by_norms and node.op.with_bias() is not None and not (once and node.op.op in foldable):
            return False
    return True


def _has_norm(nodes: tuple[Node, ...], normed: Collection[Body]) -> bool:
    """Whether a batch norm is among the nodes or within what they call."""
    return any(isinstance(node, Layer) and _is_norm(node) for node in nodes) or any(
        body in normed for _, body in called(nodes)
    )


def _is_norm(layer: Layer) -> bool:
    return layer.op.inference_eps() is not None
