"""The device that a report gives times for."""

from __future__ import annotations

from resdsl.analysis.devices import Device, UnknownDevice, device_named, own_device
from resdsl.analysis.dtypes import GRADIENTLESS, WIDTHS
from resdsl.refusal import Refused


class NoLeastTime(Refused):
    """Times are requested for a data type without known rates."""

    of_usage = True

    def __init__(self, dtype: str) -> None:
        known = ", ".join(each for each in WIDTHS if each not in GRADIENTLESS)
        super().__init__(f"least times are not known for `{dtype}`; available: {known}")


def device_of(wording: str, dtype: str) -> Device:
    """A device, given by its name or by its operations and bytes per second: `20e12,900e9`.

    Args:
        wording: either form.
        dtype: the data type of the operations.

    Raises:
        UnknownDevice: `wording` is in neither form.
        InvalidRate: the figures are not valid rates.
        NoLeastTime: no rates are known for the data type.
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
    """A sentence that says what the times mean."""
    rate, bandwidth = device.rate(dtype) / 1e12, device.bandwidth / 1e9
    return (
        f"Times are least times, and no forecast, on {device.title}: {rate:g} Tflop/s in {dtype}, {bandwidth:g} GB/s "
        f"({device.source}). Each layer reads and writes memory, and waits for the one before."
    )
