"""What signals do to the command and to programs, and what is cleared away before a process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from resdsl import interrupts
from resdsl.interrupts import clearing, held
from tests.interrupts.moments import LONGEST, ROOT, Ended, launched, wait_until_gone

HANDLERS = """
import os, signal, sys
from resdsl import interrupts
for number in interrupts.ENDING:
    signal.signal(number, signal.SIG_DFL)
"""


def program(folder: Path, text: str, **options: object) -> Ended:
    """A program that resdsl's handlers may be set in; it starts with the system's own."""
    done = subprocess.run(
        [sys.executable, "-c", HANDLERS + textwrap.dedent(text)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
        **options,  # type: ignore[call-overload]  # of `subprocess.run`
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "hung up")],
)
def test_a_signal_ends_the_process_with_a_sentence(tmp_path: Path, name: str, code: int, said: str) -> None:
    ended = program(tmp_path, f"interrupts.end_on_signals(); signal.raise_signal(signal.{name}); print('went on')")
    assert ended == Ended(code, "", f"{said}\n")


def test_code_that_swallows_exceptions_swallows_no_signal(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        interrupts.end_on_signals()
        class Deaf:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)
        while True:
            try:
                Deaf()
            except BaseException:
                pass
        """,
    )
    assert ended == Ended(130, "", "interrupted\n")


def test_what_is_begun_is_cleared_away_the_newest_first(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        interrupts.end_on_signals()
        def fail():
            raise OSError("the folder is gone")
        with (
            interrupts.clearing(lambda: print("outer", flush=True)),
            interrupts.clearing(fail),
            interrupts.clearing(lambda: print("inner", flush=True)),
        ):
            signal.raise_signal(signal.SIGTERM)
        """,
    )
    assert ended == Ended(143, "inner\nouter\n", "terminated\n")


def test_a_second_signal_waits_until_all_is_cleared_away(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        interrupts.end_on_signals()
        def clear():
            signal.raise_signal(signal.SIGINT)
            print("cleared", flush=True)
        with interrupts.clearing(clear):
            signal.raise_signal(signal.SIGINT)
        """,
    )
    assert ended == Ended(130, "cleared\n", "interrupted\n")


def test_a_second_signal_does_not_wait_for_a_reader_of_the_sentence(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writes, b"." * 65536)
    os.set_blocking(writes, True)
    command = [
        sys.executable,
        "-c",
        HANDLERS + "interrupts.end_on_signals(); print(flush=True); signal.raise_signal(signal.SIGINT)",
    ]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=writes
    )
    os.close(writes)
    assert process.stdout is not None
    process.stdout.readline()
    wait_until_asleep(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONGEST) == 143
    process.stdout.close()
    os.close(reads)


def wait_until_asleep(pid: int) -> None:
    """Wait until a process sleeps within the system."""
    while Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "S":
        pass


def test_without_an_error_stream_nothing_is_written_into_a_file_that_has_its_number(tmp_path: Path) -> None:
    text = """
    interrupts.end_on_signals()
    file = open("file", "w")
    assert file.fileno() == 2
    signal.raise_signal(signal.SIGINT)
    """
    script = HANDLERS + textwrap.dedent(text)
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=LONGEST,
    )
    assert done.returncode == 130
    assert (tmp_path / "file").read_text(encoding="utf-8") == ""


def test_what_is_ignored_stays_ignored(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        interrupts.end_on_signals()
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        print("went on")
        """,
    )
    assert ended == Ended(0, "went on\n", "")


def test_what_has_ended_is_not_interrupted(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        import atexit
        interrupts.end_on_signals()
        atexit.register(signal.raise_signal, signal.SIGINT)
        interrupts.ignore_signals()
        sys.exit(1)
        """,
    )
    assert ended == Ended(1, "", "")


def test_a_signal_waits_while_something_is_begun(tmp_path: Path) -> None:
    ended = program(
        tmp_path,
        """
        interrupts.end_on_signals()
        begun = []
        with interrupts.clearing(lambda: print(begun, flush=True)):
            with interrupts.held():
                signal.raise_signal(signal.SIGTERM)
                begun.append("a process")
            print("went on")
        """,
    )
    assert ended == Ended(143, "['a process']\n", "terminated\n")


# ------------------------------------------------------------------------------------------ as a library


def own_handlers(action: Callable[[], object]) -> list[int]:
    """Signals that a program's own handler gets while something is done."""
    got: list[int] = []
    before = {number: signal.signal(number, lambda number, _: got.append(number)) for number in interrupts.ENDING}
    try:
        action()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return got


def test_a_program_keeps_its_handlers() -> None:
    begun = []

    def begin() -> None:
        with held():
            signal.raise_signal(signal.SIGINT)
            begun.append("a process")
        signal.raise_signal(signal.SIGTERM)

    assert own_handlers(begin) == [signal.SIGINT, signal.SIGTERM]
    assert begun


def test_in_a_program_an_interrupt_is_an_exception_after_what_is_begun() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    events = []
    try:
        with clearing(lambda: events.append("cleared")), held():
            signal.raise_signal(signal.SIGINT)
            events.append("begun")
    except KeyboardInterrupt:
        events.append("interrupted")
    finally:
        signal.signal(signal.SIGINT, before)
    assert events == ["begun", "cleared", "interrupted"]


def test_importing_resdsl_sets_no_handler(tmp_path: Path) -> None:
    text = """
    before = [signal.getsignal(number) for number in interrupts.ENDING]
    import resdsl.__main__, resdsl.cli.main, resdsl.sweeping, resdsl.api, resdsl.sweeps.building.run
    print(before == [signal.getsignal(number) for number in interrupts.ENDING])
    """
    assert program(tmp_path, text).out == "True\n"


# ------------------------------------------------------------------------------------------- the command


def test_the_command_heeds_signals_before_it_imports_more_than_the_least(tmp_path: Path) -> None:
    text = "from resdsl.__main__ import main; print({'click', 'lark', 'pydantic', 'threading'} & set(sys.modules))"
    assert program(tmp_path, text).out == "set()\n"


def test_a_request_to_end_leaves_no_file_half_written(tmp_path: Path) -> None:
    text = """
    from resdsl.__main__ import main
    from resdsl.weights.source import Seeded
    drawn = Seeded.pieces
    def pieces(self, name, tensor):
        if name == "fc.weight":
            print(len(os.listdir()), flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
        return drawn(self, name, tensor)
    Seeded.pieces = pieces
    sys.argv = ["resdsl", "build", "resnet18", "--to", "safetensors"]
    main()
    """
    assert program(tmp_path, text) == Ended(143, "1\n", "terminated\n")
    assert list(tmp_path.iterdir()) == []


def test_workers_die_with_a_parent_that_is_killed_and_leave_no_file_half_written(tmp_path: Path) -> None:
    words = ["sweep", "cifar", "--over", "n=1..40", "--build", "onnx", "-o", "runs", "--jobs", "2"]
    process = launched(tmp_path, "plain", signal.SIGINT, 0, words)
    while process.poll() is None and not list(tmp_path.glob("runs/*/.*.part")):
        pass
    process.kill()
    assert process.wait(LONGEST) == -signal.SIGKILL
    wait_until_gone(process.pid)
    process.communicate()
    assert list(tmp_path.glob("runs/**/.*")) == []


def test_an_interrupt_that_the_parent_ignores_ends_no_build(tmp_path: Path) -> None:
    """`nohup`, or `&` in a script: shells start what runs in the background so."""
    words = ["sweep", "cifar", "--over", "n=1,2", "--build", "json", "-o", "runs", "--jobs", "2"]
    text = f"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, "-m", "resdsl", *{words!r}])
    """
    process = subprocess.Popen(
        [sys.executable, "-c", HANDLERS + textwrap.dedent(text)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not (tmp_path / "runs").exists():
        pass
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out) == (0, "runs: 2 points: 2 built\n"), err


def test_a_program_of_graphviz_ends_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "neato").write_text("#!/bin/sh\necho $$ > started.new; mv started.new started\nexec sleep 1000\n")
    (tmp_path / "neato").chmod(0o755)
    script = f"""
    os.environ["PATH"] = {str(tmp_path)!r} + ":" + os.environ["PATH"]
    from resdsl.__main__ import main
    sys.argv = ["resdsl", "render", "resnet18", "-o", "figure.png"]
    main()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", HANDLERS + textwrap.dedent(script)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not (tmp_path / "started").exists():
        pass
    process.terminate()
    err = process.communicate(timeout=LONGEST)[1]
    assert (process.returncode, err) == (143, "terminated\n")
    wait_until_gone(process.pid)
    assert not (tmp_path / "figure.png").exists()


def test_processes_that_cannot_start_end_the_run(tmp_path: Path) -> None:
    """A program without `if __name__ == "__main__":` is run again by each process that it starts."""
    text = """
    from pathlib import Path
    from tests.sweeps.build_process import build
    build(Path("runs"), 2)
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(text), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    assert done.returncode == 1
    assert "NoProcesses: no process of the sweep stays alive" in done.stderr
    assert not list(tmp_path.glob("runs/*"))
