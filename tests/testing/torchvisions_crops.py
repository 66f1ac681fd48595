"""How `ten_crops.json` was made: by torchvision itself, whose package the tests do not need.

    pip install --no-deps --target FOLDER torchvision==0.28.0
    PYTHONPATH=FOLDER python -m tests.testing.torchvisions_crops > tests/testing/ten_crops.json

Beside a PyTorch without GPUs, torchvision 0.28 cannot be imported, because its ops of boxes are missing there; they are
declared here, and nothing of cropping calls them.
"""

from __future__ import annotations

import json
import sys

import torch

CROP = 4
"""Of 7 rows and 9 columns, so that neither axis has a middle, and their halves are rounded up and down."""


def main() -> None:
    """Print the image, its ten crops, and the place that the centre has at every size of a crop."""
    for op in ("nms", "qnms"):
        torch.library.define(f"torchvision::{op}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import __version__  # type: ignore[import-not-found] # only here, and not installed for tests
    from torchvision.transforms import functional  # type: ignore[import-not-found]

    image = torch.arange(3 * 7 * 9).reshape(3, 7, 9)
    centres = {size: functional.center_crop(image, [size, size])[0, 0, 0].item() for size in range(1, 8)}
    record = {
        "torchvision": __version__,
        "image": "the numbers from 0, as 3 x 7 x 9",
        "crop": CROP,
        "ten_crops": [crop.tolist() for crop in functional.ten_crop(image, [CROP, CROP])],
        "first_of_centre": centres,
    }
    json.dump(record, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
