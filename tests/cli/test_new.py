"""`resdsl new`: a spec to start from."""

from __future__ import annotations

import pytest

from resdsl.printer.starting import Beginning, starting_text
from tests.cli.running import Command


def test_the_file_is_a_network_in_canonical_form_that_has_what_it_expects(resdsl: Command) -> None:
    ended = resdsl("new", "mine", "--input", "3x32x32", "--classes", "10", "--depths", "2,2", "--width", "16")
    assert (ended.code, ended.err) == (0, "wrote mine.res\n")
    text = (resdsl.folder / "mine.res").read_text(encoding="utf-8")
    assert "network mine(shortcut = B, classes = 10) {\n  input 3x32x32\n" in text
    assert "  stage layer1: [3x3, 16; 3x3, 16] x 2\n  stage layer2: [3x3, 32; 3x3, 32] x 2, /2\n" in text
    assert resdsl("fmt", "--check", "mine.res").code == 0
    assert "depth 10" in resdsl("check", "mine.res").out
    assert "2 of 2 expectations checked and met" in resdsl("check", "mine.res").out


def test_the_defaults_are_those_of_the_paper(resdsl: Command) -> None:
    # torchvision's resnet34 has 21_797_672 parameters.
    out = resdsl("new", "mine", "-o", "-").out
    assert "  expect depth  = 34         when default\n  expect params = 21_797_672 when default\n" in out
    assert "  conv 7x7, 64, /2; norm; act\n  maxpool 3x3, /2\n" in out
    assert list(resdsl.folder.iterdir()) == []


def test_a_file_that_exists_is_left_alone(resdsl: Command) -> None:
    resdsl.write("mine.res", "# mine\n")
    ended = resdsl("new", "mine")
    assert ended.code == 2
    assert ended.err.endswith("Error: mine.res exists already; choose another file with -o\n")
    assert (resdsl.folder / "mine.res").read_text(encoding="utf-8") == "# mine\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("my-net",), "the name of a network consists of letters, digits and _, and does not begin with a digit"),
        (("n", "--input", "32"), "Invalid value for --input: expected channels and sizes: 3x224x224"),
        (("n", "--depths", "3;4"), "Invalid value for --depths: expected up to ten numbers of at least 1: 3,4,6,3"),
        (("n", "--classes", "0"), "Invalid value for --classes: expected a number from 1 to 999999"),
        (("n", "--block", "basic(8)"), "Invalid value for --block: expected the name of a block"),
    ],
)
def test_wrong_options_are_refused(resdsl: Command, arguments: tuple[str, ...], told: str) -> None:
    ended = resdsl("new", *arguments)
    assert ended.code == 2
    assert ended.err.endswith(f"Error: {told}\n")
    assert list(resdsl.folder.iterdir()) == []


def test_a_block_that_does_not_exist_gets_a_suggestion(resdsl: Command) -> None:
    ended = resdsl("new", "n", "--block", "bottlenek")
    assert ended.code == 1
    assert "did you mean `bottleneck`?" in ended.err
    assert list(resdsl.folder.iterdir()) == []


def test_on_a_terminal_the_figures_are_asked_for(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.cli.new._is_on_terminal", lambda: True)
    ended = resdsl("new", "mine", stdin="32\n3x32x32\n\nplain\n2,2\n16\n")
    assert ended.code == 0
    assert "Shape of the input [3x224x224]: " in ended.out
    assert "expected channels and sizes: 3x224x224" in ended.out + ended.err
    text = (resdsl.folder / "mine.res").read_text(encoding="utf-8")
    assert "input 3x32x32" in text
    assert "stage layer2: plain(32) x 2, /2" in text


def test_kernels_have_an_axis_for_each_of_the_input() -> None:
    volume = Beginning("n", (1, 128, 128, 128), 3, None, (1,), 16)
    assert "  conv 7x7x7, 16, /2; norm; act\n  maxpool 3x3x3, /2\n" in starting_text(volume)
    assert "[3x3x3, 16; 3x3x3, 16] x 1\n" in starting_text(volume)
