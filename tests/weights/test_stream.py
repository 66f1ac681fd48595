"""The stream of weights, against a second implementation made from its description alone."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from math import prod

import numpy as np
import pytest

from resdsl.ir.walk import state
from resdsl.ops.records import Constant, Normal, Tensor, Truncated, Uniform
from resdsl.weights.normal import normal_table
from resdsl.weights.source import Seeded, Values, whole
from resdsl.weights.stream import PIECE
from tests.ir.networks import resnet34

MASK = 2**64 - 1


def outputs(seed: int, name: str) -> Iterator[int]:
    """SFC64 as the description in `resdsl.weights.stream` has it, in plain integers."""
    digest = sha256(f"resdsl 1\n{seed}\n{name}".encode()).digest()
    a, b, c = (int.from_bytes(digest[at : at + 8], "little") for at in (0, 8, 16))
    counter, dropped = 1, 12
    while True:
        value = (a + b + counter) & MASK
        counter += 1
        a, b = b ^ (b >> 11), (c + (c << 3)) & MASK
        c = (((c << 24) | (c >> 40)) + value) & MASK
        if dropped:
            dropped -= 1
        else:
            yield value


def parts(seed: int, name: str, bits: int) -> Iterator[int]:
    for value in outputs(seed, name):
        for at in range(0, 64, bits):
            yield value >> at & (1 << bits) - 1


def made(tensor: Tensor, seed: int = 0, name: str = "layer1.0.conv1.weight") -> Values:
    return whole(Seeded(seed), name, tensor)


def tensor_of(init: Normal | Truncated | Uniform | Constant, *shape: int) -> Tensor:
    return Tensor("weight", shape, init, "weight")


@pytest.mark.parametrize("shape", [(1,), (7, 3, 3), (PIECE,), (PIECE + 5,), (3, PIECE - 1)])
def test_normal(shape: tuple[int, ...]) -> None:
    values = made(tensor_of(Normal(0.1), *shape)).reshape(-1)
    places = parts(0, "layer1.0.conv1.weight", 16)
    table = normal_table().tolist()
    wanted = [table[next(places)] * 0.1 for _ in range(prod(shape))]
    assert np.array_equal(values, np.array(wanted).astype(np.float32))


@pytest.mark.parametrize("shape", [(1,), (5, 7), (PIECE + 3,)])
def test_uniform(shape: tuple[int, ...]) -> None:
    values = made(tensor_of(Uniform(0.3), *shape), seed=7).reshape(-1)
    halves = parts(7, "layer1.0.conv1.weight", 32)
    step = np.float32(0.3 / 2**23)
    wanted = [np.float32((next(halves) >> 8) - 2**23) * step for _ in range(prod(shape))]
    assert np.array_equal(values, np.array(wanted))


def test_uniform_stays_in_its_bounds_and_fills_them() -> None:
    values = made(tensor_of(Uniform(0.25), 100_000))
    assert -0.25 <= values.min() < -0.2499
    assert 0.2499 < values.max() < 0.25


def test_constant_and_counter() -> None:
    assert made(tensor_of(Constant(0.5), 3, PIECE)).tolist() == [[0.5] * PIECE] * 3
    counter = made(Tensor("num_batches_tracked", (), Constant(0), "buffer", "int64"))
    assert counter.dtype == np.int64
    assert counter.shape == ()
    assert counter == 0


def test_first_values_are_pinned() -> None:
    values = made(tensor_of(Normal(1.0), 4))
    # As the second implementation above has them, too.
    assert [float(value).hex() for value in values] == [
        "0x1.8ecb4e0000000p-2",
        "-0x1.36695e0000000p+1",
        "-0x1.0cae980000000p+0",
        "0x1.2f3a600000000p+0",
    ]


def test_seeds_and_names_part_streams() -> None:
    tensor = tensor_of(Normal(1.0), 64)
    drawn = {made(tensor, seed, name).tobytes() for seed in (0, 1, -1, 2**80) for name in ("a", "b", "a.b")}
    assert len(drawn) == 12


def test_spread_is_that_of_the_initialisation() -> None:
    for name, tensor in state(resnet34()):
        values = made(tensor, name=name).astype(np.float64)
        if isinstance(tensor.init, Normal):
            # He et al. 2015 (1502.01852), Section 2.2; five standard errors of a standard deviation.
            assert tensor.init.std == (2 / (tensor.shape[0] * prod(tensor.shape[2:]))) ** 0.5
            assert abs(values.std() / tensor.init.std - 1) < 5 / (2 * values.size) ** 0.5
            assert abs(values.mean()) < 5 * tensor.init.std / values.size**0.5
        elif isinstance(tensor.init, Uniform):
            assert abs(values.std() * 3**0.5 / tensor.init.bound - 1) < 5 / values.size**0.5
        else:
            assert isinstance(tensor.init, Constant)
            assert np.all(values == tensor.init.value)


def test_truncated_values_end_at_twice_their_spread() -> None:
    for count in (1_000, 100_000):  # looked up one by one, and from a table that is scaled once
        values = made(tensor_of(Truncated(0.02), count))
        assert 0.039 < np.abs(values).max() <= 0.04
        # The spread of what is left within two standard deviations.
        assert abs(values.astype(np.float64).std() / (0.02 * 0.879626) - 1) < 5 / (2 * count) ** 0.5
