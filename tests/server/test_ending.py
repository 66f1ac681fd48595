"""The server ends as editors expect: with code 0 and in silence, or they report a crash."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def message(**fields: object) -> bytes:
    """A message as the protocol frames it."""
    body = json.dumps({"jsonrpc": "2.0", **fields}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def test_the_server_ends_in_silence(tmp_path: Path) -> None:
    session = [
        message(id=1, method="initialize", params={"capabilities": {}}),
        message(method="initialized", params={}),
        message(id=2, method="shutdown"),
        message(method="exit"),
    ]
    command = [sys.executable, "-m", "resdsl", "lsp"]
    done = subprocess.run(command, cwd=tmp_path, input=b"".join(session), capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (0, "")
