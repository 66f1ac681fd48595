"""What stands behind the classes in a generated file: functions, and what `python net.py` does."""

from __future__ import annotations

from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.ir.network import Network

_STATISTICS = '''\
@contextmanager
def frozen(stage: nn.Module) -> Iterator[None]:
    """Keep running statistics as they are: a pass that is done again counts once."""
    norms = [each for each in stage.modules() if isinstance(each, _BatchNorm)]
    before = [each.track_running_stats for each in norms]
    for each in norms:
        each.track_running_stats = False
    try:
        yield
    finally:
        for each, tracked in zip(norms, before, strict=True):
            each.track_running_stats = tracked'''

_RERUN = '''\
def rerun(stage: nn.Module, x: Tensor) -> Tensor:
    """Compute a stage and forget its inside; the backward pass computes it again."""
    out: Tensor = checkpoint({})
    return out'''

_LOADER = '''\
def load_weights(net: nn.Module, path: str | Path) -> None:
    """Load a checkpoint: a state dict, bare or under `state_dict` or `model`."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state.get("model", state))
    if all(name.startswith("module.") for name in state):  # of DataParallel
        state = {name.removeprefix("module."): value for name, value in state.items()}
    net.load_state_dict(state)'''


def checkpointing(*, statistics: bool) -> list[list[str]]:
    """The functions by which a stage is computed again in the backward pass.

    Args:
        statistics: whether batch norms have any, which the second pass must leave alone.
    """
    if not statistics:
        return [_RERUN.format("stage, x, use_reentrant=False").splitlines()]
    arguments = "\n        stage, x, use_reentrant=False, context_fn=lambda: (nullcontext(), frozen(stage))\n    "
    return [_STATISTICS.splitlines(), _RERUN.format(arguments).splitlines()]


def loader() -> list[str]:
    """The function that loads a checkpoint."""
    return _LOADER.splitlines()


def factory(name: str, network: str, declarations: list[str]) -> list[str]:
    """The function that makes the network, with or without weights.

    Args:
        name: its name.
        network: the network's class.
        declarations: what the class takes.
    """
    star = declarations.index("*") if "*" in declarations else len(declarations)
    bare, named = declarations[:star], declarations[star + 1 :]
    passed = [each.partition(":")[0] for each in bare]
    passed += [f"{each.partition(':')[0]}={each.partition(':')[0]}" for each in named]
    taken = [*bare, "*", "weights: str | Path | None = None", *named]
    return [
        *signature(name, taken, network, 0),
        '    """Make the network, with weights from a checkpoint or fresh ones."""',
        f"    net = {network}({', '.join(passed)})",
        "    if weights is not None:",
        "        load_weights(net, weights)",
        "    return net",
    ]


def main(network: Network, made_by: str) -> list[str]:
    """What happens where the file is run: a line for each part, then the shapes of what comes out."""
    inputs = ", ".join(f"torch.zeros{(1, *each.shape)}" for each in network.inputs)
    lines = [
        'if __name__ == "__main__":',
        f"    net = {made_by}().eval()",
        '    for name, part in (*net.named_children(), ("parameters", net)):',
        "        size = sum(each.numel() for each in part.parameters())",
        '        print(f"{name:<16} {type(part).__name__:<18} {size:>14,}")',
        "    with torch.inference_mode():",
    ]
    if len(network.outputs) == 1:
        return [*lines, *statement(f'print("output", tuple(net({inputs}).shape))', 2 * INDENT)]
    return [
        *lines,
        *statement(f"net({inputs}).items()", 2 * INDENT, prefix="for name, value in ", suffix=":"),
        "            print(name, tuple(value.shape))",
    ]
