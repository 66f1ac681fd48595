"""The device that a report is about."""

from __future__ import annotations

from resdsl.analysis.devices import Device, UnknownDevice, device_named, own_device
from resdsl.analysis.dtypes import GRADIENTLESS, WIDTHS
from resdsl.refusal import Refused


class NoLeastTime(Refused):
    """Times in a data type of which nothing is known."""

    of_usage = True

    def __init__(self, dtype: str) -> None:
        known = ", ".join(each for each in WIDTHS if each not in GRADIENTLESS)
        super().__init__(f"no least times are known for `{dtype}`; there are those for {known}")


def device_of(wording: str, dtype: str) -> Device:
    """The device that is meant by its name, or by its operations and bytes per second: `20e12,900e9`.

    Args:
        wording: the one or the other.
        dtype: what the operations are in.

    Raises:
        UnknownDevice: it is neither.
        InvalidRate: the figures are no rates.
        NoLeastTime: nothing is known of the data type.
    """
    figures = wording.split(",")
    if len(figures) != 2:
        return device_named(wording)
    try:
        rate, bandwidth = map(float, figures)
    except ValueError:
        raise UnknownDevice(wording) from None
    if dtype in GRADIENTLESS:
        raise NoLeastTime(dtype)
    return own_device(rate, bandwidth, dtype)


def device_note(device: Device, dtype: str) -> str:
    """What times are bounds for."""
    rate, bandwidth = device.rate(dtype) / 1e12, device.bandwidth / 1e9
    return (
        f"Times are least times, and no forecast, on {device.title}: {rate:g} Tflop/s in {dtype}, {bandwidth:g} GB/s "
        f"({device.source}). Each layer reads and writes memory, and waits for the one before."
    )
