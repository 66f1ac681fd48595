"""65,536 equally likely normal values, identical to the last bit on every machine.

The normal variates of a library are guaranteed only for one build of it, since logarithms differ between mathematics
libraries. This table uses only additions, subtractions, multiplications, divisions and square roots, whose rounding
IEEE 754 defines; 16 random bits then select a value. The variance of the table is 0.99998, its kurtosis 2.9992, its
largest value 4.325.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIZE = 1 << 16

Doubles = NDArray[np.float64]

# Wichura 1988, Algorithm AS 241 (Applied Statistics 37, 477-484), procedure PPND16: numerator and
# denominator from the highest power down, for the middle and for the tail.
_MIDDLE = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_TAIL = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ),
)
_HALFWAY, _CENTRE, _SHIFT = 0.425, 0.180625, 1.6
_WITHIN_TWO = 0.9544997361036416
"""The share of normal values within two standard deviations."""
_LOG_2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476


@cache
def normal_table() -> Doubles:
    """A table whose value at index i is the standard normal quantile of (i + 1/2) / 65536."""
    return _table(1.0)


@cache
def truncated_table() -> Doubles:
    """The same for the normal distribution cut off at -2 and 2."""
    return _table(_WITHIN_TWO)


def _table(within: float) -> Doubles:
    """Quantiles of the part around the mean that has this share of all values."""
    above = (np.arange(SIZE // 2, dtype=np.float64) + 0.5) / SIZE * within
    upper = np.empty_like(above)
    middle = above <= _HALFWAY
    near, far = above[middle], 0.5 - above[~middle]
    upper[middle] = near * _ratio(_MIDDLE, _CENTRE - near * near)
    upper[~middle] = _ratio(_TAIL, np.sqrt(-natural_log(far)) - _SHIFT)
    table = np.concatenate([-upper[::-1], upper])
    table.flags.writeable = False
    return table


def natural_log(values: Doubles) -> Doubles:
    """Natural logarithms of positive numbers, computed only with operations that round alike everywhere.

    With x = m * 2**e and m within a factor sqrt(2) of one, log x = e log 2 + 2 artanh((m - 1) / (m + 1)).
    """
    mantissa, exponent = np.frexp(values)
    small = mantissa < _SQRT_HALF
    mantissa, exponent = np.where(small, mantissa * 2.0, mantissa), exponent - small
    ratio = (mantissa - 1.0) / (mantissa + 1.0)
    square = ratio * ratio
    # |ratio| < 0.1716, so the first term left out is below 1e-19.
    series = np.zeros_like(ratio)
    for odd in range(23, 0, -2):
        series = series * square + 1.0 / odd
    return exponent * _LOG_2 + 2.0 * ratio * series


def _ratio(fraction: tuple[tuple[float, ...], tuple[float, ...]], at: Doubles) -> Doubles:
    numerator, denominator = (_polynomial(coefficients, at) for coefficients in fraction)
    return numerator / denominator


def _polynomial(coefficients: tuple[float, ...], at: Doubles) -> Doubles:
    value = np.full_like(at, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * at + coefficient
    return value
