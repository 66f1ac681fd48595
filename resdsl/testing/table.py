"""What was found by testing, as text, JSON or CSV, and the confusion matrix."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from resdsl.recipes.recipe import Test
from resdsl.testing.counting import Counts
from resdsl.testing.testing import Errors, Tested
from resdsl.testing.views import view_count

COLUMNS = ("way", "views", "crop", "sides", "average", "images", "error", "top5_error")
"""Of CSV; errors are shares of images."""


def as_text(found: Tested) -> str:
    """A sentence on what was tested, then a row for each way of testing."""
    rows = [("", "views", "averaged", "top-1 error", "top-5 error"), *map(_row, found.ways.items())]
    columns = [*range(5)] if any(row[4] for row in rows[1:]) else [*range(4)]
    widths = [max(len(row[at]) for row in rows) for at in columns]
    lines = ["  ".join([f"{row[at]:{wide}}" for at, wide in zip(columns, widths, strict=True)]) for row in rows]
    if len(found.ways) > 1:
        lines[1] += "  (reported)"
    split = {"test": "test", "validation": "validation", "train": "training"}[found.split]
    images = "image" if found.images == 1 else "images"
    head = f"{found.network} on {found.images:,} {split} {images} of {found.data}, in {found.runs_in}"
    notes = [f"{name}: {_unscored(each.counts)}" for name, each in found.ways.items() if each.counts.unscored]
    return "\n".join(line.rstrip() for line in (head, *lines, *notes))


def as_json(found: Tested) -> str:
    """All of it; `reported` names the way whose error is reported."""
    record = {
        "network": found.network,
        "in": found.runs_in,
        "data": found.data,
        "split": found.split,
        "images": found.images,
        "reported": next(iter(found.ways)),
        "tests": {name: {**_way_record(each.way), **each.record()} for name, each in found.ways.items()},
    }
    return json.dumps(record, indent=2, ensure_ascii=False)


def as_csv(found: Tested) -> str:
    """A row for each way of testing, the first of which is reported."""
    return _csv([COLUMNS, *(_fields(name, each) for name, each in found.ways.items())])


def confusion_csv(counts: Counts) -> str:
    """A row for each label, with how many of its images were taken for each label."""
    labels = range(len(counts.confusion))
    return _csv([("label", *labels), *((label, *counts.confusion[label].tolist()) for label in labels)])


def described(way: Test) -> str:
    """What is looked at, such as `10 crops of 224x224, shorter side 256`."""
    crop = f"{way.crop}x{way.crop}"
    what = {"whole": "whole image", "centre": f"centre of {crop}", "ten": f"10 crops of {crop}"}[way.views]
    return f"{what}, shorter side {', '.join(map(str, way.sides))}" if way.sides else what


def _row(named: tuple[str, Errors]) -> tuple[str, ...]:
    name, each = named
    top5 = each.counts.top5_error
    return (
        name,
        described(each.way),
        _averaged(each.way),
        f"{each.counts.error:.2%}",
        "" if top5 is None else f"{top5:.2%}",
    )


def _averaged(way: Test) -> str:
    """What is averaged, such as `probabilities of 10`; `-` where there is only one view."""
    count = view_count(way)
    return f"{way.average} of {count}" if count > 1 else "-"


def _unscored(counts: Counts) -> str:
    return f"{counts.unscored:,} of the images have scores that are not finite, and count as errors"


def _way_record(way: Test) -> dict[str, object]:
    average = way.average if view_count(way) > 1 else None
    return {"views": way.views, "crop": way.crop, "sides": list(way.sides), "average": average}


def _fields(name: str, each: Errors) -> Sequence[object]:
    record = {**_way_record(each.way), "sides": " ".join(map(str, each.way.sides)), **each.record()}
    return [name, *(record.get(column, each.counts.images if column == "images" else None) for column in COLUMNS[1:])]


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
