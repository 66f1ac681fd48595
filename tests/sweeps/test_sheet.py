"""The sheet of a sweep: every network, small, and what differs marked."""

from __future__ import annotations

import pytest

from resdsl.draw.scene import Box, Scene, Text
from resdsl.draw.write import FORMATS, write
from resdsl.sweeps.sheet import MOST, SheetTooLarge, sheet_scene
from tests.cli.running import Command
from tests.sweeps.reading import CIFAR, spec_of


def sheet(lines: str) -> Scene:
    sweep = spec_of(CIFAR + f"sweep s {{ network cifar; {lines} }}").sweep("s")
    networks = [(point.name, network) for point, network in sweep.built()]
    return sheet_scene(networks, networks[0], "a sheet")


def styles(scene: Scene, label: str) -> list[str]:
    return [item.style for item in scene.flat() if isinstance(item, Box) and " ".join(item.label) == label]


def test_every_network_is_there_under_its_name() -> None:
    scene = sheet('over n = [1, 2, 3], shortcut = [A, B]; name "r{n}{shortcut}"')
    texts = [item.text for item in scene.flat() if isinstance(item, Text)]
    for name in ("r1A", "r1B", "r2A", "r2B", "r3A", "r3B"):
        assert texts.count(name) == 1
        assert name in scene.description


def test_what_differs_from_the_baseline_is_marked_and_nothing_else() -> None:
    scene = sheet("over classes = [10, 100]")
    assert styles(scene, "fc 10") == ["same"]
    assert styles(scene, "fc 100") == ["changed"]
    assert set(styles(scene, "basic(32, /2)")) == {"same"}


def test_boxes_keep_names_of_their_own_and_nothing_leaves_the_sheet() -> None:
    scene = sheet("over n = 1..9")
    boxes = [item for item in scene.flat() if isinstance(item, Box)]
    named = [box.name for box in boxes if box.name]
    assert len(named) == len(set(named)) > 0
    assert all(box.x >= 0 and box.right <= scene.width and box.bottom <= scene.height for box in boxes)


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("pdf", "png")])
def test_it_is_written_in_every_format(form: str) -> None:
    drawn = write(sheet("over n = [1, 2]"), form, standalone=True)  # type: ignore[arg-type]
    assert str(drawn.content).count("basic(16)") >= 3


def test_too_many_are_refused() -> None:
    with pytest.raises(SheetTooLarge, match=f"a sheet shows at most {MOST} networks"):
        sheet(f"over n = 1..{MOST + 2}")


def test_the_command_writes_one(resdsl: Command) -> None:
    done = resdsl("sweep", "cifar", "--over", "n=1,2", "--baseline", "cifar-n=2", "--sheet", "sheet.svg")
    assert done.code == 0
    assert "What differs from cifar-n=2 is marked" in (resdsl.folder / "sheet.svg").read_text(encoding="utf-8")
