"""The part of a generated file after the classes: functions, and the code that `python net.py` runs."""

from __future__ import annotations

from importlib.resources import files

from resdsl.backends.torch.layout import INDENT, signature, statement
from resdsl.ir.network import Network
from resdsl.weights.fitting import READABLE

_RERUN = '''\
def rerun(stage: nn.Module, x: Tensor) -> Tensor:
    """Compute a stage and forget its inside; the backward pass computes it again."""
    out: Tensor = checkpoint(stage, x, use_reentrant=False)
    return out'''

_RERUN_WITH_STATISTICS = '''\
def rerun(stage: nn.Module, x: Tensor) -> Tensor:
    """Compute a stage and forget its inside; the backward pass computes it again."""
    if torch.compiler.is_compiling():  # which counts a batch once by itself
        traced: Tensor = checkpoint(stage, x, use_reentrant=False)
        return traced
    again = False

    def run(x: Tensor) -> Tensor:
        nonlocal again
        spare: dict[str, Tensor] = {}
        if again:  # running statistics count a batch once
            spare = {name: each.clone() for name, each in stage.named_buffers()}
        again = True
        out: Tensor = functional_call(stage, spare, x)
        return out

    out: Tensor = checkpoint(run, x, use_reentrant=False)
    return out'''

_LOADER = '''\
def load_weights(
    net: nn.Module,
    file: str | Path,
    *,
    weights_key: str | None = None,
    ignore: str | Iterable[str] = (),
) -> None:
    """Load a checkpoint that holds this network's tensors, whatever wrapped them."""
    content = torch.load(file, map_location="cpu", weights_only=True)
    floats, counters = {floats}, {counters}
    own = net.state_dict()
    key = key_of(content, weights_key, str(file))
    held = {{str(name): each for name, each in dictionaries(content)[key].items()}}
    state = {{new: held[old] for old, new in unwrapped_names(held, own).items()}}
    faults = []
    for path in [ignore] if isinstance(ignore, str) else ignore:
        found = [name for name in state if f"{{name}}.".startswith(f"{{path}}.")]
        further = [name for name in found if name not in own]
        faults += [] if further else [f"`{{path}}` is not there to be ignored"]
        for name in further:
            del state[name]
    faults += [f"`{{name}}` is not in the network" for name in state if name not in own]
    for name, wanted in own.items():
        counter = not wanted.is_floating_point()
        given, readable = state.get(name), counters if counter else floats
        if name not in state:
            faults += [] if counter else [f"`{{name}}` is missing"]
        elif not isinstance(given, Tensor) or given.is_nested or given.is_meta:
            faults.append(f"`{{name}}` is no plain tensor")
        elif given.shape != wanted.shape:
            shapes = f"{{tuple(given.shape)}} and not {{tuple(wanted.shape)}}"
            faults.append(f"`{{name}}` is {{shapes}}")
        elif given.dtype not in readable or given.layout is not torch.strided:
            faults.append(f"`{{name}}` is {{given.dtype}}, not one of {{readable}}")
    if faults:
        listed = "\\n  ".join(faults)
        raise ValueError(f"{{file}} does not fit this network:\\n  {{listed}}")
    net.load_state_dict(state)'''


_TRUNCATED = '''\
def truncated_(tensor: Tensor, std: float) -> None:
    """Fill with a normal distribution that is cut off at twice its deviation."""
    share = 0.9544997361036416  # of all values lies within
    with torch.no_grad():
        tensor.uniform_(-share, share).erfinv_().mul_(std * 2**0.5)'''


def truncation() -> list[list[str]]:
    """The function that fills a tensor with a truncated normal distribution.

    PyTorch's own draws again until every value fits, so that it needs values: a module on no device has none.
    """
    return [_TRUNCATED.splitlines()]


def checkpointing(*, statistics: bool, beside: bool = False) -> list[list[str]]:
    """The function that recomputes a stage in the backward pass.

    Args:
        statistics: whether there are batch norm statistics, which must not be updated again.
        beside: whether the blocks of a stage read values beside what flows.
    """
    text = _RERUN_WITH_STATISTICS if statistics else _RERUN
    for alone, together in _BESIDE if beside else ():
        text = text.replace(alone, together)
    return [text.splitlines()]


_BESIDE = (
    ("x: Tensor)", "x: Tensor, *beside: Tensor)"),
    (", x, use_reentrant", ", x, *beside, use_reentrant"),
    ("spare, x)", "spare, (x, *beside))"),
)


def loader() -> list[list[str]]:
    """The function that loads a checkpoint, and the functions that let it find what `to_torch` finds."""
    places = (("resdsl.weights", "wrapping.py"), ("resdsl.backends.torch", "unwrapping.py"))
    rules = [files(package).joinpath(name).read_text(encoding="utf-8") for package, name in places]
    functions = [each for rule in rules for each in rule.rstrip().split("\n\n\n")[1:]]
    dtypes = {name: ", ".join(f"torch.{each}" for each in READABLE[name]) for name in READABLE}
    loads = _LOADER.format(floats=f"[{dtypes['float32']}]", counters=f"[{dtypes['int64']}]")
    return [each.splitlines() for each in (*functions, loads)]


def factory(name: str, network: str, declarations: list[str]) -> list[str]:
    """The function that makes the network, with or without weights.

    Args:
        name: its name.
        network: the class of the network.
        declarations: the parameters of the class.
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
    """The code that runs with the file: it prints a line for each part, then the shapes of the outputs."""
    inputs = ", ".join(f"torch.zeros{(1, *each.shape)}" for each in network.inputs)
    lines = [
        'if __name__ == "__main__":',
        f"    net = {made_by}().eval().requires_grad_(False)",
        '    for name, part in (*net.named_children(), ("parameters", net)):',
        "        size = sum(each.numel() for each in part.parameters())",
        '        print(f"{name:<16} {type(part).__name__:<18} {size:>14,}")',
    ]
    outputs = [tap for tap in network.outputs if not tap.training]
    if len(outputs) == 1:
        return [*lines, *statement(f'print("{outputs[0].name}", tuple(net({inputs}).shape))', INDENT)]
    return [
        *lines,
        *statement(f"net({inputs})", INDENT, prefix="out = "),
        "    for name, value in out.items():",
        "        print(name, tuple(value.shape))",
    ]
