"""Networks from seeds, each held against the interpreter; one that disagrees is shrunk and written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import resdsl
from tests.random.dense import Dense
from tests.random.generator import Drawn, Networks, drawn
from tests.random.trial import Trial


class Disagreement(AssertionError):
    """A network of which the compiler and the interpreter say different things."""


def file_of(seed: int) -> list[Drawn]:
    """The networks of a seed's file: of large statements and of many small ones in turn."""
    return drawn(seed, Dense if seed % 2 else Networks)


def of_seed(seed: int) -> Drawn:
    """One of the networks of a seed's file."""
    found = file_of(seed)
    return found[seed // 2 % len(found)]


def loaded(network: Drawn) -> resdsl.Net:
    """What the compiler makes of it."""
    return resdsl.loads(network.text, network.name, **network.given)


def tried(network: Drawn) -> tuple[resdsl.Net, Counter[str]]:
    """The network, and how many things of it were compared, by kind."""
    net = loaded(network)
    outputs = {tap.name: net.ir.values[tap.value] for tap in net.ir.outputs}
    assert outputs == network.outputs, f"shapes: found {outputs}, where {network.outputs} are right"
    with TemporaryDirectory() as folder:
        return net, Trial(net, Path(folder)).run()


def try_seed(seed: int, failed: Path) -> tuple[resdsl.Net, Counter[str]]:
    """Try the network of a seed.

    Args:
        failed: the folder in which the text of a network that disagrees is kept.

    Raises:
        Disagreement: with the text, what is wrong about it, and the least of it that still is.
    """
    return try_network(of_seed(seed), f"seed {seed}", failed)


def try_network(network: Drawn, name: str, failed: Path) -> tuple[resdsl.Net, Counter[str]]:
    """As `try_seed`, for a network that is called by a name."""
    try:
        return tried(network)
    except Exception as error:
        raise Disagreement(_written_down(name, network, error, failed)) from error


def _written_down(name: str, network: Drawn, error: Exception, failed: Path) -> str:
    """What went wrong, with the text and the least of it, which are kept in a folder."""
    failed.mkdir(parents=True, exist_ok=True)
    path = failed / f"{name.replace(' ', '')}.res"
    path.write_text(network.text, encoding="utf-8")
    least = shrunk(network.text, lambda text: _fails_alike(network, text, error))
    path.with_suffix(".least.res").write_text(least, encoding="utf-8")
    given = "".join(f" {name}={value}" for name, value in network.given.items())
    head = f"{name}, network `{network.name}`{given}: {type(error).__name__}: {error}"
    return f"{head}\n{network.text}\nthe least of it that fails so:\n{least}\nkept as {path}"


def _fails_alike(network: Drawn, text: str, error: Exception) -> bool:
    """Whether another text fails with an error of the same kind."""
    try:
        with TemporaryDirectory() as folder:
            Trial(loaded(replace(network, text=text)), Path(folder)).run()
    except Exception as other:  # noqa: BLE001 - whatever it is
        return type(other) is type(error) and _kind(other) == _kind(error)
    return False


def _kind(error: Exception) -> str:
    first = str(error).splitlines()[0]
    return first if isinstance(error, resdsl.SpecError) else first.partition(":")[0]


def shrunk(text: str, fails: Callable[[str], bool]) -> str:
    """The text without statements that it fails without: what is left fails, and any less of it does not."""
    lines, changed = text.splitlines(), True
    while changed:
        changed = False
        for start, end in sorted(_statements(lines), key=lambda span: span[0] - span[1]):
            candidate = lines[:start] + lines[end:]
            if end <= len(lines) and fails("\n".join(candidate) + "\n"):
                lines, changed = candidate, True
                break
    return "\n".join(lines) + "\n"


def _statements(lines: list[str]) -> Iterator[tuple[int, int]]:
    """From where to where each statement goes: a line, or a line and the body that it opens."""
    for start, line in enumerate(lines):
        end, depth = start + 1, line.count("{") - line.count("}")
        while depth > 0 and end < len(lines):
            depth += lines[end].count("{") - lines[end].count("}")
            end += 1
        if not line.lstrip().startswith("}"):
            yield start, end
