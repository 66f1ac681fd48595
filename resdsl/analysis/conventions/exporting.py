"""Where an exporter of ONNX does with batch norms what `resdsl.ir.folding` does, and where that is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from resdsl.ir.network import Body, Layer, Network, Node
from resdsl.ir.walk import bodies, called


def folds_as_we_do(network: Network, foldable: Collection[str]) -> bool:
    """Whether the norms that go for us are those that go for an exporter.

    Both look at norms alone that read what nothing else reads. But torch's exporter leaves weights alone that two
    calls share, and the one before it changes them for each call apart; and not every op is foldable for both.

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
