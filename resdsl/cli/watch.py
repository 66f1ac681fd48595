"""`resdsl watch`: a page that follows a file while it is edited."""

from __future__ import annotations

import asyncio
import errno
import gc
from pathlib import Path

import click

from resdsl.cli.messages import say
from resdsl.cli.options import not_empty, values_of, with_spec_options
from resdsl.draw.views import NAMES
from resdsl.live.guard import LOOPBACK
from resdsl.live.order import BuildOrder


@click.command("watch")
@click.argument("spec", type=not_empty, metavar="SPEC")
@with_spec_options
@click.option("--view", type=click.Choice(NAMES), default="columns", show_default=True, help="View to begin with.")
@click.option("--style", type=not_empty, metavar="NAME", help="paper, mono, dark, or a style file, which is watched.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page.  [default: one that is free]")
@click.option("--host", default=LOOPBACK[0], metavar="ADDRESS", help="127.0.0.1 or ::1; any other is refused.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
def command(
    spec: str,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    view: str,
    style: str | None,
    port: int,
    host: str,
    opens: bool,
) -> None:
    """Show figure, costs and problems of SPEC on a page of this machine, anew whenever it is saved.

    The page also shows its text, its sweeps, and how the network differs from its last good state. --network can name
    a sweep, too. Ctrl-C ends it.
    """
    _refuse_impossible(spec, host)
    from resdsl.catalogue import locate
    from resdsl.cli.reading import overrides_of, read_source_of

    overrides = overrides_of(values_of(settings, input_shapes))
    source, chosen = read_source_of(spec, network)
    path = source.path or locate(spec).path
    folders = tuple(map(Path, import_path))
    order = BuildOrder(path, source.name, chosen, view, style=style, overrides=overrides, import_path=folders)
    # It runs for hours, and what it drops refers to itself.
    gc.enable()
    _serve(order, host, port, opens=opens)


def _refuse_impossible(spec: str, host: str) -> None:
    """Refuse what cannot be watched, and addresses that others could reach.

    Raises:
        click.UsageError: the spec is the standard input, the host is not this machine, or a library is missing.
    """
    from importlib.util import find_spec

    if spec == "-":
        raise click.UsageError("the standard input cannot be watched, only a file")
    if host not in LOOPBACK:
        raise click.UsageError(
            f"the page is for this machine alone: --host takes {' or '.join(LOOPBACK)}, not '{host}'; from another "
            "machine, forward the port through ssh"
        )
    for library in ("aiohttp", "pygments"):
        if find_spec(library) is None:
            raise click.UsageError(f"watch needs {library}: pip install 'resdsl[live]'")


def _serve(order: BuildOrder, host: str, port: int, *, opens: bool) -> None:
    from resdsl.interrupts import clearing
    from resdsl.live.server import LivePage

    def on_start(address: str) -> None:
        say(f"watching {order.name} at {address} (Ctrl-C ends)")
        if opens:
            import webbrowser

            webbrowser.open(address)

    async def serve() -> None:
        page = LivePage(order, wording_of)
        with clearing(page.end):
            await page.run(host, port, on_start)

    try:
        asyncio.run(serve())
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use" if error.errno == errno.EADDRINUSE else "is for the system alone"
        raise click.UsageError(f"port {port} {why}; without --port the page takes one that is free") from None


def wording_of(error: Exception) -> str:
    """The message for an error on the page, as the command would print it."""
    from resdsl.cli.faults import describe

    return describe(error)[0]
