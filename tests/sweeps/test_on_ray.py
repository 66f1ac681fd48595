"""Sweeps on Ray: the same files as without it, dead workers, workers that do not fit, signals."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from resdsl.sweeps.units.on_ray import Premises
from resdsl.version import __version__
from tests.cli.running import Command
from tests.sweeps.processes import LONGEST, ROOT, living, started, wait_until_gone
from tests.sweeps.ray_process import DEATHS
from tests.sweeps.trees import hashes, whole_points

STUDY = ROOT / "specs" / "studies" / "degradation.res"
BUILD = ("sweep", str(STUDY), "degradation", "--build", "onnx,torch,safetensors", "--seed", "3")
MANY = ("--over", "n=1..20")
OPEN = {"RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
OWN = "/proc/self/fd/3"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a build without Ray gives."""
    return without_ray(tmp_path_factory.mktemp("local"), *BUILD)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a longer build without Ray gives."""
    return without_ray(tmp_path_factory.mktemp("many"), *BUILD, *MANY)


def without_ray(folder: Path, *words: str) -> Path:
    process = started(folder, "resdsl", *words, "-o", "runs", "--jobs", "1")
    _, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    (folder / "messages").write_text(err, encoding="utf-8")
    return folder / "runs"


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for the sockets of Ray."""
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        yield Path(folder)


def test_ray_is_there() -> None:
    assert find_spec("ray"), "Ray is not installed, without which nothing of it can be tested: pip install '.[ray]'"


def test_a_build_on_ray_gives_the_same_files(local: Path, tmp_path: Path, short: Path) -> None:
    process = started(tmp_path, "resdsl", *BUILD, "-o", "runs", "--on", "ray", "--jobs", "2", TMPDIR=str(short))
    out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out) == (0, "runs: 4 points: 4 built\n"), err
    assert err == (local.parent / "messages").read_text(encoding="utf-8"), "Ray talks"
    assert hashes(tmp_path / "runs") == hashes(local)
    assert list(short.iterdir()) == []
    wait_until_gone(process.pid)


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    seen = Premises(__version__, str(tmp_path), "marker")
    assert seen.fault() == (
        f"does not see {tmp_path}: a run on several machines needs a folder on a file system they share"
    )
    (tmp_path / "marker").touch()
    with seen.working_directory():
        assert seen.fault() is None


def test_a_worker_of_another_version_says_so(tmp_path: Path) -> None:
    fault = Premises("0.0.1", str(tmp_path), "marker").fault()
    assert fault == f"has resdsl {__version__}, but this is 0.0.1: install the same version on all machines"


@pytest.mark.parametrize("address", ["spark", "ray:", "ray:host", "ray:ray://host:10001", "ray:a:b"])
def test_what_is_no_address(resdsl: Command, address: str) -> None:
    ended = resdsl(*BUILD, "-o", "runs", "--on", address)
    assert ended.code == 2
    assert "neither `ray`, for the cores of this machine, nor `ray:auto` or `ray:HOST:PORT`" in " ".join(
        ended.err.split()
    )


def test_without_ray(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.sweeps.units.ray_driver.find_spec", lambda _: None)
    ended = resdsl(*BUILD, "-o", "runs", "--on", "ray")
    assert ended.code == 2
    assert ended.err.endswith("--on ray needs the package ray: pip install 'resdsl[ray]'\n")
    assert not (resdsl.folder / "runs").exists()


@pytest.mark.experiments
def test_an_address_where_nothing_answers(resdsl: Command) -> None:
    ended = resdsl(*BUILD, "-o", "runs", "--on", "ray:127.0.0.1:1")
    assert ended.code == 1
    assert ended.err.endswith("error: no cluster of Ray can be reached at `127.0.0.1:1`: connection refused\n")
    assert hashes(resdsl.folder) == {}


# --------------------------------------------------------------------------------- workers that die


@pytest.mark.experiments
def test_units_whose_worker_dies_are_retried(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    process = started(tmp_path, "tests.sweeps.ray_process", "runs")
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    expect_retries(out, tmp_path / "runs")


def expect_retries(out: str, root: Path) -> None:
    lasting = {f"u{number}" for number, deaths in enumerate(DEATHS) if deaths <= 2}
    lines = out.splitlines()
    assert {line for line in lines if line.endswith(" made")} == {f"{name} made" for name in lasting}
    assert "u3 failed its process was killed, perhaps for lack of memory" in lines
    assert len(lines) == len(DEATHS)
    assert {path.parent.name for path in root.glob("*/made")} == lasting
    assert len(list(root.glob("u3/death-*"))) == 3
    assert not list(root.glob(".*"))


# -------------------------------------------------------------------------------------- a cluster


@pytest.fixture
def cluster(short: Path) -> Iterator[str]:
    """The address of a running cluster of one machine; its processes end with the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ("start", "--head", f"--port={address.rpartition(':')[2]}", "--num-cpus=2", "--num-gpus=2")
    ray = Path(sys.executable).with_name("ray")
    head = subprocess.Popen(
        [ray, *words, "--include-dashboard=false", "--object-store-memory=80000000", f"--temp-dir={short}", "--block"],
        cwd=short,
        env={**os.environ, "PYTHONPATH": str(ROOT), **OPEN},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + LONGEST
    while not answers(address):
        assert head.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    yield address
    # To be terminated gently takes Ray half a minute.
    os.killpg(head.pid, signal.SIGKILL)
    head.wait(LONGEST)
    wait_until_gone(head.pid)


def answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.experiments
def test_a_cluster_that_runs_already(local: Path, cluster: str, tmp_path: Path) -> None:
    process = started(tmp_path, "resdsl", *BUILD, "-o", "runs", "--on", f"ray:{cluster}", **OPEN)
    out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out) == (0, "runs: 4 points: 4 built\n"), err
    assert hashes(tmp_path / "runs") == hashes(local)
    (tmp_path / "retried").mkdir()
    process = started(tmp_path, "tests.sweeps.ray_process", "retried", cluster, **OPEN)
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    expect_retries(out, tmp_path / "retried")
    gpus = [path.read_text(encoding="utf-8") for path in (tmp_path / "retried").glob("*/made")]
    assert gpus
    assert set(gpus) <= {"0", "1"}, "each unit has one GPU, of the two of the cluster"
    assert answers(cluster), "a cluster that we did not start must go on"


@pytest.mark.experiments
def test_workers_of_a_cluster_that_do_not_fit(cluster: str, tmp_path: Path) -> None:
    other = started(tmp_path, "tests.sweeps.ray_process", tmp_path, cluster, "0.0.1", **OPEN)
    _, err = other.communicate(timeout=LONGEST)
    worker = f"UnfitWorker: the worker of Ray on {socket.gethostname()}"
    assert err.endswith(
        f"{worker} has resdsl {__version__}, but this is 0.0.1: install the same version on all machines\n"
    )
    # Of all folders, those below this one are what no other process sees.
    script = f"import os; from tests.sweeps.ray_process import main; os.open('runs', 0); main({OWN!r}, {cluster!r})"
    (tmp_path / "runs").mkdir()
    unseen = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **OPEN},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    assert unseen.stderr.endswith(
        f"{worker} does not see {OWN}: a run on several machines needs a folder on a file system they share\n"
    )
    assert hashes(tmp_path) == {}


# ----------------------------------------------------------------------------------------- signals


@pytest.mark.experiments
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["before Ray", "while Ray starts", "while units are made"])
def test_a_signal_leaves_no_process(
    many: Path, tmp_path: Path, short: Path, number: signal.Signals, moment: str
) -> None:
    attempts = iter(range(ATTEMPTS))
    folder = tmp_path / f"{next(attempts)}"
    process, out, err = signalled(folder, short, number, moment)
    for attempt in attempts:
        if BUG_OF_RAY not in err:
            break
        wait_until_gone(process.pid)
        shutil.rmtree(short)
        short.mkdir()
        folder = tmp_path / f"{attempt}"
        process, out, err = signalled(folder, short, number, moment)
    assert process.returncode == 128 + number, err
    assert out == ""
    assert err.rstrip().splitlines()[-1].endswith("the same command continues from there")
    wait_until_gone(process.pid)
    assert list(short.iterdir()) == []
    assert not list((folder / "runs").rglob(".*"))
    whole_points(folder / "runs")
    without_ray(folder, *BUILD, *MANY)
    assert hashes(folder / "runs") == hashes(many)


ATTEMPTS = 3
BUG_OF_RAY = "You have likely discovered a bug in Ray."
"""What Ray 2.60 says before it aborts the process: now and then a task ends while Ray is shut down."""


def signalled(folder: Path, short: Path, number: signal.Signals, moment: str) -> tuple[subprocess.Popen[str], str, str]:
    """A build of many points that got a signal, after it ended, with what it printed."""
    folder.mkdir()
    words = ("resdsl", *BUILD, *MANY, "-o", "runs")
    process = started(folder, *words, "--on", "ray", "--jobs", "2", TMPDIR=str(short))
    until = time.monotonic() + LONGEST
    while not reached(moment, process.pid, folder):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    return process, *process.communicate(timeout=LONGEST)


def reached(moment: str, session: int, folder: Path) -> bool:
    if moment == "before Ray":
        return (folder / "runs").exists()
    if moment == "while Ray starts":
        return any("gcs_server" in title for title in living(session).values())
    return any((folder / "runs").glob("*/network.*"))


# --------------------------------------------------------------------------------------- trainings

TRAIN = ("sweep", str(STUDY), "degradation", "--train", "digits", "-o", "runs", "--jobs", "2")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the trainings of the study give without Ray."""
    return finished(tmp_path_factory.mktemp("trained"))


def finished(folder: Path, *words: str) -> dict[str, str]:
    """Train what is not trained yet, and hash every file, except those with times in them."""
    process = started(folder, "resdsl", *TRAIN, *words)
    out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 0, err
    assert out.startswith("runs: 4 trainings: "), out
    return {name: value for name, value in hashes(folder / "runs").items() if not name.endswith("/times.csv")}


@pytest.mark.experiments
def test_trainings_on_ray_are_the_same(trained: dict[str, str], tmp_path: Path) -> None:
    assert finished(tmp_path, "--on", "ray") == trained


@pytest.mark.experiments
def test_a_training_whose_worker_is_killed_is_retried(trained: dict[str, str], tmp_path: Path) -> None:
    process = started(tmp_path, "resdsl", *TRAIN, "--on", "ray")
    os.kill(a_worker_in_training(process, tmp_path), signal.SIGKILL)
    out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out) == (0, "runs: 4 trainings: 4 done\n"), err
    assert finished(tmp_path) == trained


@pytest.mark.experiments
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_trainings_that_a_signal_ends_go_on(
    trained: dict[str, str], tmp_path: Path, short: Path, number: signal.Signals
) -> None:
    process = started(tmp_path, "resdsl", *TRAIN, "--on", "ray", TMPDIR=str(short))
    a_worker_in_training(process, tmp_path)
    process.send_signal(number)
    _, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 128 + number, err
    wait_until_gone(process.pid)
    assert not list(short.glob("resdsl-*"))
    assert not list((tmp_path / "runs").rglob(".*"))
    assert finished(tmp_path) == trained


def a_worker_in_training(process: subprocess.Popen[str], folder: Path) -> int:
    """Wait until trainings have begun and none has ended, and return the number of a process that trains."""
    until = time.monotonic() + LONGEST
    while not list((folder / "runs").glob("*/*/run.json")):
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return next(number for number, title in living(process.pid).items() if title.startswith("ray::_make"))
