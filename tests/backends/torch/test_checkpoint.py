"""Weights from PyTorch checkpoints: exact values, what is taken from the file, and files that are refused."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from resdsl.backends.torch.checkpoint import CheckpointFile
from resdsl.ir.walk import state
from resdsl.weights.file import SafetensorsFile
from resdsl.weights.fitting import WeightsMismatch
from resdsl.weights.kind import UnreadableWeights
from resdsl.weights.reset import InvalidReset
from resdsl.weights.save import write_safetensors
from resdsl.weights.selection import Selection
from resdsl.weights.source import Seeded, WeightSource, whole
from resdsl.weights.wrapping import unwrapped_names
from tests.ir.networks import small

Weights = dict[str, torch.Tensor]
STATE = dict(state(small()))
ZIPPED = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def seeded() -> Weights:
    return {name: torch.from_numpy(whole(Seeded(5), name, tensor)) for name, tensor in STATE.items()}


def saved(content: object, folder: Path, zipped: bool = True) -> Path:
    torch.save(content, folder / "a.pth", _use_new_zipfile_serialization=zipped)
    return folder / "a.pth"


def assert_gives(source: WeightSource, wanted: Weights) -> None:
    """The source has these values bit for bit, as float32."""
    for name, tensor in STATE.items():
        values = wanted[name] if tensor.dtype == "int64" else wanted[name].float()
        assert whole(source, name, tensor).tobytes() == values.detach().contiguous().numpy().tobytes(), name


def refusal(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnreadableWeights) as caught:
            CheckpointFile(path, small())
    return str(caught.value)


@ZIPPED
def test_values_come_back(tmp_path: Path, zipped: bool) -> None:
    source = CheckpointFile(saved(seeded(), tmp_path, zipped), small())
    assert_gives(source, seeded())


def test_same_weights_from_both_kinds_of_files(tmp_path: Path) -> None:
    write_safetensors(small(), tmp_path / "a.safetensors", CheckpointFile(saved(seeded(), tmp_path), small()))
    assert_gives(SafetensorsFile(tmp_path / "a.safetensors", small()), seeded())


def test_large_tensor_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.backends.torch.checkpoint.PIECE", 100)
    source = CheckpointFile(saved(seeded(), tmp_path), small())
    pieces = list(source.pieces("fc.weight", STATE["fc.weight"]))
    assert [len(piece) for piece in pieces] == [100, 60]
    assert_gives(source, seeded())


@ZIPPED
def test_several_threads_read_at_once(tmp_path: Path, zipped: bool) -> None:
    source = CheckpointFile(saved(seeded(), tmp_path, zipped), small())
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(assert_gives, source, seeded()) for _ in range(8)]:
            done.result()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@ZIPPED
def test_half_precision_becomes_float32(tmp_path: Path, dtype: torch.dtype, zipped: bool) -> None:
    weights = {name: each.to(dtype) if each.is_floating_point() else each for name, each in seeded().items()}
    every = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(dtype)
    weights["fc.weight"] = every[:160].view(10, 16)
    weights["layer1.0.conv1.weight"] = torch.tensor([6e-8, 1e-7, 65504.0] * 192).view(8, 8, 3, 3).to(dtype)
    assert_gives(CheckpointFile(saved(weights, tmp_path, zipped), small()), weights)


def test_memory_formats_views_and_parameters(tmp_path: Path) -> None:
    weights = seeded()
    weights["conv1.weight"] = weights["conv1.weight"].to(memory_format=torch.channels_last)
    weights["fc.weight"] = weights["fc.weight"].t().contiguous().t()
    weights["layer1.0.bn1.weight"] = torch.nn.Parameter(weights["layer1.0.bn1.weight"])
    both = torch.cat([weights["layer1.0.bn1.weight"], weights["layer1.0.bn2.weight"]]).detach()
    weights["layer1.0.bn1.bias"], weights["layer1.0.bn2.bias"] = both[:8], both[8:]
    weights["layer1.1.bn1.bias"] = weights["layer1.1.bn2.bias"] = torch.tensor(2.0).expand(8)
    weights["layer1.1.bn1.weight"] = torch.complex(torch.zeros(8), torch.arange(8.0)).conj().imag
    assert not weights["conv1.weight"].is_contiguous()
    assert weights["layer1.1.bn1.weight"].is_neg()
    assert_gives(CheckpointFile(saved(weights, tmp_path), small()), {**weights})


@ZIPPED
def test_counters_are_not_needed(tmp_path: Path, zipped: bool) -> None:
    weights = {name: each for name, each in seeded().items() if not name.endswith("num_batches_tracked")}
    assert len(weights) < len(STATE)
    assert_gives(CheckpointFile(saved(weights, tmp_path, zipped), small()), seeded())


def test_counters_are_taken_where_they_are(tmp_path: Path) -> None:
    weights = {**seeded(), "bn1.num_batches_tracked": torch.tensor(2**40 + 1)}
    assert_gives(CheckpointFile(saved(weights, tmp_path), small()), weights)


@pytest.mark.parametrize("place", ["state_dict", "model", "model_state_dict"])
@ZIPPED
def test_weights_among_other_things(tmp_path: Path, place: str, zipped: bool) -> None:
    content = {"epoch": 3, "arch": "resnet", "best": torch.tensor(0.7), "optimizer": {"state": {}}, place: seeded()}
    source = CheckpointFile(saved(content, tmp_path, zipped), small())
    assert_gives(source, seeded())


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_prefix_of_wrappers_is_taken_off(tmp_path: Path, prefix: str) -> None:
    weights = {f"{prefix}{name}": each for name, each in seeded().items()}
    source = CheckpointFile(saved({"state_dict": weights}, tmp_path), small())
    assert_gives(source, seeded())


def test_prefix_of_some_names_is_none(tmp_path: Path) -> None:
    weights = {f"module.{name}": each for name, each in seeded().items()}
    with pytest.raises(WeightsMismatch) as caught:
        CheckpointFile(saved({"averages": torch.tensor(3), **weights}, tmp_path), small())
    assert {"averages", "module.fc.bias"} <= {each.name for each in caught.value.found if each.kind == "unexpected"}
    assert caught.value.hint == (
        'the file fits with rename="module ->", ignore="averages" (--rename \'module ->\' --ignore averages)'
    )


NAMES = st.lists(st.sampled_from(["module", "_orig_mod", "conv1", "0"]), min_size=1, max_size=3).map(".".join)


WRAPPERS = ["module.", "_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."]


@given(st.sets(NAMES, min_size=1, max_size=5), st.lists(st.sampled_from(WRAPPERS), max_size=4))
def test_whatever_wrapped_a_network_comes_off(own: set[str], wrappers: list[str]) -> None:
    found = unwrapped_names([f"{''.join(wrappers)}{name}" for name in own], own)
    # A component that a network has itself is kept, wherever it stands.
    if all(not name.startswith("module") and "_orig_mod" not in name.split(".") for name in own):
        assert set(found.values()) == own
        assert all(old == f"{''.join(wrappers)}{new}" for old, new in found.items())


@given(st.sets(NAMES, min_size=1, max_size=5), NAMES)
def test_names_stay_apart_and_end_as_they_did(names: set[str], own: str) -> None:
    found = unwrapped_names(names, {own})
    assert found.keys() <= names
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["module.a", "b"], ["module.a", "b"]),
        (["n_averaged", "module.a", "module.b"], ["a", "b"]),
        (["module.n_averaged", "module.module.a"], ["a"]),
        (["n_averaged", "a"], ["n_averaged", "a"]),
        (["layer1._fsdp_wrapped_module.0.a", "b._orig_mod.c"], ["layer1.0.a", "b.c"]),
        (["_orig_mod.a", "a"], ["_orig_mod.a", "a"]),
        (["_orig_mod"], ["_orig_mod"]),
    ],
)
def test_which_wrappers_come_off(names: list[str], wanted: list[str]) -> None:
    assert list(unwrapped_names(names, {"fc.weight"}).values()) == wanted


@pytest.mark.parametrize("own", ["module.a", "x._orig_mod.a", "n_averaged"])
def test_what_a_network_has_in_its_own_names_stays(own: str) -> None:
    assert unwrapped_names([own], {own}) == {own: own}


def test_what_is_reset_is_drawn_and_the_rest_taken(tmp_path: Path) -> None:
    weights = {**seeded(), "fc.weight": torch.zeros(1000, 16).double(), "fc.more": torch.zeros(1)}
    del weights["fc.bias"]
    source = CheckpointFile(
        saved({f"module.{name}": each for name, each in weights.items()}, tmp_path), small(), Selection(("fc",))
    )
    fresh = {name: torch.from_numpy(whole(Seeded(0), name, STATE[name])) for name in ("fc.weight", "fc.bias")}
    assert_gives(source, {**seeded(), **fresh})
    other = CheckpointFile(saved(seeded(), tmp_path), small(), Selection(("fc",)), seed=1)
    assert np.array_equal(
        whole(other, "fc.weight", STATE["fc.weight"]), whole(Seeded(1), "fc.weight", STATE["fc.weight"])
    )
    with pytest.raises(InvalidReset, match="`head` cannot be reset"):
        CheckpointFile(saved(seeded(), tmp_path), small(), Selection(("head",)))


MISFITS: dict[str, tuple[Callable[[torch.Tensor], object], str]] = {
    "doubles": (torch.Tensor.double, "`fc.weight` is float64 in the file, but must be float32, float16 or bfloat16"),
    "complex": (lambda t: t + 0j, "`fc.weight` is complex64 in the file, but must be float32, float16 or bfloat16"),
    "sparse": (
        torch.Tensor.to_sparse,
        "`fc.weight` is sparse_coo float32 in the file, but must be float32, float16 or bfloat16",
    ),
    "without values": (
        lambda t: t.to("meta"),
        "`fc.weight` is meta float32 in the file, but must be float32, float16 or bfloat16",
    ),
    "no tensor": (str, "`fc.weight` is str in the file, but must be float32, float16 or bfloat16"),
    "flat": (
        torch.Tensor.flatten,
        "`fc.weight` is 160 in the file but 10x16 in the network\n"
        'everything else fits: reset="fc" (--reset fc) draws `fc` from the seed and loads the rest',
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_misfits(tmp_path: Path, name: str) -> None:
    change, wanted = MISFITS[name]
    weights = seeded()
    with pytest.raises(WeightsMismatch) as caught:
        CheckpointFile(saved({**weights, "fc.weight": change(weights["fc.weight"])}, tmp_path), small())
    assert str(caught.value) == f"a.pth does not hold the weights of this network:\n  {wanted}"


def test_nested_tensor(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    with pytest.raises(WeightsMismatch, match=r"`fc\.weight` is nested float32 in the file, but must"):
        CheckpointFile(saved({**seeded(), "fc.weight": nested}, tmp_path), small())


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_archive_that_was_packed_anew(tmp_path: Path, method: int) -> None:
    with ZipFile(saved(seeded(), tmp_path)) as old, ZipFile(tmp_path / "b.pth", "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert_gives(CheckpointFile(tmp_path / "b.pth", small()), seeded())


@ZIPPED
def test_suffix_says_nothing(tmp_path: Path, zipped: bool) -> None:
    path = saved(seeded(), tmp_path, zipped).rename(tmp_path / "a.safetensors")
    assert_gives(CheckpointFile(str(path), small()), seeded())


@ZIPPED
def test_file_is_left_as_it_is(tmp_path: Path, zipped: bool) -> None:
    path = saved(seeded(), tmp_path, zipped)
    before = path.read_bytes()
    path.chmod(0o444)
    source = CheckpointFile(path, small())
    for piece in source.pieces("fc.weight", STATE["fc.weight"]):
        piece[:] = 0
    assert path.read_bytes() == before


class Code:
    """Runs when it is unpickled by a reader that is not careful."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("among", [False, True])
@ZIPPED
def test_no_code_is_run(tmp_path: Path, among: bool, zipped: bool) -> None:
    trace = tmp_path / "ran"
    content = {**seeded(), "fc.bias": Code(trace)} if among else Code(trace)
    message = refusal(saved(content, tmp_path, zipped))
    assert message.startswith(f"a.pth cannot be read without `{os.system.__module__}.system`; only tensors are read")
    assert not trace.exists()
    (tmp_path / "a.pth").write_bytes(pickle.dumps(Code(trace), protocol=2))
    assert refusal(tmp_path / "a.pth").startswith("a.pth cannot be read without")
    assert not trace.exists()


ADVICE = (
    "; only tensors are read from a checkpoint, since anything else may run code. If you trust the file, "
    "load it in Python and save only its weights: torch.save(model.state_dict(), PATH)"
)
REFUSALS: dict[str, tuple[object, str]] = {
    "arguments of a script": (
        {"model": {"fc.weight": torch.zeros(1)}, "args": Namespace(lr=0.1)},
        f"a.pth cannot be read without `argparse.Namespace`{ADVICE}",
    ),
    "a whole module": (
        torch.nn.Linear(2, 2),
        f"a.pth cannot be read without `torch.nn.modules.linear.Linear`{ADVICE}",
    ),
    "two places": (
        {"state_dict": {"fc.weight": torch.zeros(1)}, "model": {"fc.weight": torch.zeros(1)}},
        "a.pth holds tensors under `state_dict` and `model`; "
        "name one with --weights-key, which is weights_key in Python",
    ),
    "another place": (
        {"epoch": 3, "net": {"fc.weight": torch.zeros(1)}},
        "a.pth holds no tensors at its top, nor under `state_dict`, `model` or `model_state_dict`; "
        "it has tensors under 'net' (1): name one with --weights-key, which is weights_key in Python",
    ),
    "no tensors": (
        {"epoch": 3, "model": {"name": "resnet50"}},
        "a.pth holds no tensors at its top, nor under `state_dict`, `model` or `model_state_dict`",
    ),
    "one tensor": (torch.zeros(3), "a.pth holds one Tensor, and no names with tensors"),
    "a list": ([torch.zeros(3)], "a.pth holds one list, and no names with tensors"),
    "numbers for names": ({0: torch.zeros(3)}, "a.pth has 0 where the name of a tensor is to be"),
}


@pytest.mark.parametrize("name", REFUSALS)
@ZIPPED
def test_refused(tmp_path: Path, name: str, zipped: bool) -> None:
    content, wanted = REFUSALS[name]
    assert refusal(saved(content, tmp_path, zipped)) == wanted


OTHERS = {
    "empty": b"",
    "not text": b"version https://git-lfs.github.com/spec/v1",
    "archive's first letters": b"PK",
    "archive's beginning": b"PK\x03\x04 and no more",
    "pickle of old": pickle.dumps({"a": 1}, protocol=2),
    "pickle of today": pickle.dumps({"a": 1}, protocol=4),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.pth").write_bytes(OTHERS[name])
    message = refusal(tmp_path / "a.pth")
    # The rest is PyTorch's reason, which may change with it.
    assert re.fullmatch(r"a\.pth is not a PyTorch checkpoint, or is damaged: [\w;:? ]{5,60}", message)


def test_other_archives(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a.txt", "text")
    wanted = "a.pth is a TorchScript program, or another archive not written by torch.save"
    assert refusal(tmp_path / "a.pth") == wanted
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "a.pth")
    assert refusal(tmp_path / "a.pth") == wanted


@ZIPPED
def test_file_that_ends_too_soon(tmp_path: Path, zipped: bool) -> None:
    whole_file = saved(seeded(), tmp_path, zipped).read_bytes()
    ends = [1, 5, 100, *range(150, len(whole_file), len(whole_file) // 20), len(whole_file) - 1]
    for end in ends:
        (tmp_path / "b.pth").write_bytes(whole_file[:end])
        assert refusal(tmp_path / "b.pth").startswith("b.pth is not a PyTorch checkpoint, or is damaged: ")


@ZIPPED
def test_damage_before_the_values_is_refused_or_read_over(tmp_path: Path, zipped: bool) -> None:
    content = saved(seeded(), tmp_path, zipped).read_bytes()
    told = set()
    for place in range(0, 3000, 13):
        (tmp_path / "b.pth").write_bytes(content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :])
        try:
            source = CheckpointFile(tmp_path / "b.pth", small())
            for name, tensor in STATE.items():
                whole(source, name, tensor)
        except (UnreadableWeights, WeightsMismatch) as error:
            told.add(type(error))
    assert told == {UnreadableWeights, WeightsMismatch}


def test_no_file(tmp_path: Path) -> None:
    assert refusal(tmp_path).endswith("is a folder, not a file of weights")
    with pytest.raises(FileNotFoundError):
        CheckpointFile(tmp_path / "a.pth", small())


def bomb(path: Path) -> None:
    """An archive whose directory states a hundred times what the file has, as zeros pack."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/data/0", bytes(1 << 26))


def overlapping(path: Path) -> None:
    """An archive whose directory has one large entry a hundred times."""
    with ZipFile(path, "w", ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/data/0", bytes(1 << 20))
        first = archive.getinfo("archive/data/0")
        for number in range(1, 100):
            entry = copy(first)
            entry.filename = f"archive/data/{number}"
            archive.filelist.append(entry)


@pytest.mark.parametrize("make", [bomb, overlapping])
def test_archive_that_states_far_more_than_it_has_is_not_unpacked(
    make: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "a.pth")
    monkeypatch.delattr(torch, "load")
    assert "times as much" in refusal(tmp_path / "a.pth")
