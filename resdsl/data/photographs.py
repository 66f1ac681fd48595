"""The two photographs of scikit-learn, grey and at half their size, which is 213 x 320: what patches are cut from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resdsl.data.images import Images, Parts, WrongData

_NAMES = ("china.jpg", "flower.jpg")


def read(folder: Path | None) -> Parts:
    """Both photographs, of which each is its own target; a recipe cuts and blurs them."""
    if folder is not None:
        raise WrongData("the photographs come with scikit-learn: they have no folder")
    try:
        from sklearn.datasets import load_sample_image

        colours = np.stack([load_sample_image(name) for name in _NAMES])
    except ImportError:
        raise WrongData("the photographs come with scikit-learn and Pillow: pip install 'resdsl[train]'") from None
    grey = colours.mean(3, dtype=np.float32) / np.float32(255)
    height, width = (size // 2 for size in grey.shape[1:])
    pairs = grey[:, : 2 * height, : 2 * width].reshape(-1, height, 2, width, 2)
    halved = pairs.mean((2, 4), dtype=np.float32)
    return Parts(Images(halved[:, None], halved[:, None]))
