"""The peak rates of devices, and the least time that a network takes on one.

This is the roofline model (Williams, Waterman and Patterson, CACM 52(4), 2009): a layer takes at least as long as its
operations take at the peak rate, and at least as long as it takes to move its bytes. Layers run one after the other;
each reads its inputs and its state from memory and writes its outputs, without fusion. Views of a tensor move nothing.
The time is a lower bound, not a forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from resdsl.analysis.memory.totals import width_of
from resdsl.analysis.rows.layers import Counted, Layers
from resdsl.analysis.rows.tree import Row
from resdsl.diagnostics.suggest import nearest
from resdsl.ops.base import Op, Shapes
from resdsl.printable import one_line
from resdsl.refusal import Refused


@dataclass(frozen=True, slots=True)
class Device:
    """Peak rates of a device.

    Attributes:
        name: its name on the command line.
        title: its full name.
        rates: operations per second by the type they are computed in, without sparsity; a multiply-add
            is two operations. `tf32` is how tensor cores compute float32 if a framework allows it.
        bandwidth: bytes per second from and to its memory.
        source: the document with these figures.
    """

    name: str
    title: str
    rates: Mapping[str, float]
    bandwidth: float
    source: str

    def rate(self, computed_in: str) -> float:
        """Operations per second.

        Raises:
            UnknownRate: no rate is known for that type.
        """
        if computed_in not in self.rates:
            raise UnknownRate(self, computed_in)
        return self.rates[computed_in]


class UnknownDevice(Refused):
    """The table does not have this device."""

    of_usage = True

    def __init__(self, name: str) -> None:
        near = nearest(name, DEVICES)
        known = f"did you mean `{near}`?" if near else f"available: {', '.join(DEVICES)}."
        super().__init__(
            f"unknown device `{one_line(name[:_LONGEST])}`; {known} "
            "For your own device, give operations and bytes per second, as in `20e12,900e9`"
        )


class InvalidRate(Refused):
    """Invalid rates for a device."""

    of_usage = True


class UnknownRate(Refused):
    """No rate of the device is known for this type."""

    of_usage = True

    def __init__(self, device: Device, computed_in: str) -> None:
        known = ", ".join(device.rates)
        super().__init__(f"no rate of {device.title} is known for `{computed_in}`, only for {known}")


def _table(*devices: Device) -> dict[str, Device]:
    return {device.name: device for device in devices}


_T = 1e12
_FASTEST = 1e30
"""No device has more operations or bytes per second; with this bound, times are greater than zero."""
_LONGEST = 60
# Where a data sheet gives rates of tensor cores with sparsity, half of them is what they do without.
DEVICES = _table(
    Device(
        "v100",
        "NVIDIA V100 SXM2",
        {"float32": 15.7 * _T, "float16": 125 * _T},
        900e9,
        "NVIDIA, V100 Tensor Core GPU, data sheet, 2020",
    ),
    Device(
        "a100",
        "NVIDIA A100 SXM 80GB",
        {"float32": 19.5 * _T, "tf32": 156 * _T, "float16": 312 * _T, "bfloat16": 312 * _T},
        2039e9,
        "NVIDIA, A100 Tensor Core GPU, data sheet, 2021",
    ),
    Device(
        "h100",
        "NVIDIA H100 SXM",
        {"float32": 67 * _T, "tf32": 494.5 * _T, "float16": 989.5 * _T, "bfloat16": 989.5 * _T},
        3.35e12,
        "NVIDIA, H100 Tensor Core GPU, data sheet, 2023",
    ),
    Device(
        "h200",
        "NVIDIA H200 SXM",
        {"float32": 67 * _T, "tf32": 494.5 * _T, "float16": 989.5 * _T, "bfloat16": 989.5 * _T},
        4.8e12,
        "NVIDIA, H200 Tensor Core GPU, data sheet, 2024",
    ),
    Device(
        "rtx4090",
        "NVIDIA GeForce RTX 4090",
        {"float32": 82.6 * _T, "tf32": 82.6 * _T, "float16": 165.2 * _T, "bfloat16": 165.2 * _T},
        1008e9,
        "NVIDIA, Ada GPU Architecture, white paper, 2022, Appendix A, products of float16 summed in float32",
    ),
)


def device_named(name: str) -> Device:
    """A device of the table.

    Raises:
        UnknownDevice: there is none of that name.
    """
    if name not in DEVICES:
        raise UnknownDevice(name)
    return DEVICES[name]


def own_device(rate: float, bandwidth: float, dtype: str = "float32") -> Device:
    """A custom device, from operations per second in a data type and bytes per second.

    Raises:
        InvalidRate: one of them is below one, or higher than on any device.
    """
    if not (1 <= rate <= _FASTEST and 1 <= bandwidth <= _FASTEST):
        raise InvalidRate(
            f"operations and bytes per second must be from 1 to {_FASTEST:.0e}, not {rate:g} and {bandwidth:g}"
        )
    return Device("own", "a device of one's own", {dtype: rate}, bandwidth, "own figures")


@dataclass(frozen=True, slots=True)
class Demand:
    """What layers demand of a device.

    Attributes:
        flops: operations: two for each multiply-add and each element normalised, one for anything else.
        bytes: bytes that are moved.
        seconds: the least time; None without a device.
    """

    flops: int
    bytes: int
    seconds: float | None = None

    @property
    def intensity(self) -> float | None:
        """Operations per byte; None if nothing is moved."""
        return self.flops / self.bytes if self.bytes else None


def demand(
    row: Row, batch: int = 1, dtype: str = "float32", device: Device | None = None, computed_in: str | None = None
) -> Demand:
    """The demand of the layers of a row, including repeats.

    Args:
        row: a row that goes down to its layers, like those of `rows(network, "layer")`.
        batch: how many samples run at once.
        dtype: the data type of values and state.
        device: the device.
        computed_in: the type of its operations, such as `tf32`; by default the data type.

    Raises:
        ValueError: a row below has no layers.
        UnknownDtype: there is no such data type.
        UnknownRate: the device has no rate for the type.
    """
    layers: dict[Counted, int] = {}
    for leaf in row.leaves():
        if leaf.op is None:
            raise ValueError(f"`{leaf.path}` is not a layer: the rows do not go down to layers")
        layers[leaf.op, leaf.inputs] = layers.get((leaf.op, leaf.inputs), 0) + leaf.repeats
    return demand_of(layers, batch, dtype, device, computed_in)


def demand_of(
    layers: Layers,
    batch: int = 1,
    dtype: str = "float32",
    device: Device | None = None,
    computed_in: str | None = None,
) -> Demand:
    """Like `demand`, for distinct layers, each with its number of occurrences."""
    width, flops, moved, seconds = width_of(dtype), 0, 0, 0.0
    rate = device.rate(computed_in or dtype) if device else 1.0
    for (op, inputs), times in layers.items():
        operations, values, state = _of_layer(op, inputs)
        work, traffic = operations * batch, (values * batch + state) * width
        flops += work * times
        moved += traffic * times
        seconds += max(work / rate, traffic / device.bandwidth) * times if device else 0.0
    return Demand(flops, moved, seconds if device else None)


@lru_cache(maxsize=4096)
def _of_layer(op: Op, inputs: Shapes) -> tuple[int, int, int]:
    """Operations and values moved for one sample, and the numbers of the state."""
    work = op.work(inputs)
    single = work.bias + work.activation + work.pooling + work.elementwise
    flops = 2 * (work.conv + work.linear + work.fixed + work.matmul + work.norm) + single
    if op.makes(inputs).view:
        return flops, 0, 0
    moved = sum(map(prod, inputs)) + sum(map(prod, op.infer(inputs)))
    return flops, moved, sum([prod(each.shape) for each in op.state(inputs) if each.dtype != "int64"])
