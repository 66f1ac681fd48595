"""The 1,797 digits of scikit-learn: grey images of 8 x 8, with values from 0 to 16."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from resdsl.data.images import Images, Parts, WrongData


def read(folder: Path | None) -> Parts:
    """All digits, in the order of scikit-learn, which has them in its package."""
    if folder is not None:
        raise WrongData("the digits come with scikit-learn: they have no folder")
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise WrongData("the digits come with scikit-learn: pip install 'resdsl[train]'") from None
    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return Parts(Images(images, labels.astype(np.int64)))
