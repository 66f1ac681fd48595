"""What stands behind the classes in a generated file: functions, and what `python net.py` does."""

from __future__ import annotations

from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.ir.network import Network

_STATISTICS = '''\
@contextmanager
def kept(stage: nn.Module) -> Iterator[None]:
    """Keep running statistics as they are: a pass that is done again counts once."""
    norms = [each for each in stage.modules() if isinstance(each, _BatchNorm)]
    before = [(each.momentum, each.num_batches_tracked) for each in norms]
    for each in norms:
        each.momentum, each.num_batches_tracked = 0.0, torch.tensor(0)
    try:
        yield
    finally:
        for each, own in zip(norms, before, strict=True):
            each.momentum, each.num_batches_tracked = own'''

_RERUN = '''\
def rerun(stage: nn.Module, x: Tensor) -> Tensor:
    """Compute a stage and forget its inside; the backward pass computes it again."""
    {}out: Tensor = checkpoint({})
    return out'''

_COMPILING = """\
if torch.compiler.is_compiling():  # which counts once by itself
        traced: Tensor = checkpoint(stage, x, use_reentrant=False)
        return traced
    """

_LOADER = '''\
def load_weights(net: nn.Module, path: str | Path) -> None:
    """Load a checkpoint: a state dict, bare or under `state_dict` or `model`."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    state = state.get("state_dict", state.get("model", state))
    for prefix in ("module.", "_orig_mod."):  # of DataParallel, of torch.compile
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): each for name, each in state.items()}
    net.load_state_dict(state)'''


def checkpointing(*, statistics: bool) -> list[list[str]]:
    """The functions by which a stage is computed again in the backward pass.

    Args:
        statistics: whether batch norms have any, which the second pass must leave alone.
    """
    if not statistics:
        return [_RERUN.format("", "stage, x, use_reentrant=False").splitlines()]
    arguments = "\n        stage, x, use_reentrant=False, context_fn=lambda: (nullcontext(), kept(stage))\n    "
    return [_STATISTICS.splitlines(), _RERUN.format(_COMPILING, arguments).splitlines()]


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
        f"    net = {made_by}().eval().requires_grad_(False)",
        '    for name, part in (*net.named_children(), ("parameters", net)):',
        "        size = sum(each.numel() for each in part.parameters())",
        '        print(f"{name:<16} {type(part).__name__:<18} {size:>14,}")',
    ]
    if len(network.outputs) == 1:
        return [*lines, *statement(f'print("output", tuple(net({inputs}).shape))', INDENT)]
    return [
        *lines,
        *statement(f"net({inputs})", INDENT, prefix="out = "),
        "    for name, value in out.items():",
        "        print(name, tuple(value.shape))",
    ]
