"""`resdsl lsp`: the language server, which editors start."""

from __future__ import annotations

import gc

import click

from resdsl.refusal import Refused


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Speak on the standard input and output, as it does anyway.")
def command(stdio: bool) -> None:
    """Answer an editor while a spec is typed, in the language server protocol.

    Editors start it; docs/lsp.md says how. It needs the package pygls: pip install 'resdsl[lsp]'.
    """
    try:
        from resdsl.server.protocol import language_server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        raise Refused("the language server needs the package pygls: pip install 'resdsl[lsp]'") from None
    server = language_server()
    # Unlike other commands, this one runs for days; what it has loaded stays anyway.
    gc.freeze()
    gc.enable()
    server.start_io()
