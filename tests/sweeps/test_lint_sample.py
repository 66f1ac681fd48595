"""Many points are linted as a sample that has some values of each axis in all combinations."""

from __future__ import annotations

import pytest

from resdsl.compiler import read_spec
from resdsl.source import Source
from resdsl.sweeps.lint import sample as module
from resdsl.sweeps.lint.of_sweep import findings_of
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.sweep import Sweep

TEXT = """
network net(n = 1, width = 4, rate = 0, shortcut = A) {{
  input 3x8x8
  conv 3x3, width; norm; act
  if n > 100 {{ dropout rate / 10 }}
  stage layer1: basic(width) x n
  avgpool global
  fc 3
}}
sweep family {{ network net
{} }}
"""
AXES = "over n = 1..9, rate = [1, 2], width = [4, 8, 12]"


def family(lines: str) -> Sweep:
    return read_spec(Source("net.res", TEXT.format(lines))).sweep("family")


def sampled(sweep: Sweep, most: int, monkeypatch: pytest.MonkeyPatch) -> LintSample:
    monkeypatch.setattr(module, "MOST_LINTED", most)
    sample = LintSample(sweep.axes)
    points = list(sweep.points())
    assert list(sample.noting(sweep.found())) == points
    assert [point.name for point in sample.points] == [linted.name for linted in sample.linted]
    return sample


def test_few_points_are_all_linted(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sampled(family(AXES), 48, monkeypatch)
    assert len(sample.points) == 48
    assert sample.note is None


def test_the_longest_axis_is_thinned_first(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sampled(family(AXES), 24, monkeypatch)
    assert [point.plain for point in sample.points] == [
        {"n": n, "rate": rate, "width": width} for n in (1, 3, 5, 7) for rate in (1, 2) for width in (4, 8, 12)
    ]
    assert sample.note == "24 of 48 points were linted: every 2nd value of `n`"


def test_several_axes_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = sampled(family(AXES), 8, monkeypatch)
    assert [point.plain for point in sample.points] == [
        {"n": n, "rate": rate, "width": width} for n in (1, 5) for rate in (1, 2) for width in (4, 12)
    ]
    assert sample.note == "8 of 48 points were linted: every 4th value of `n` and every 2nd value of `width`"


def test_without_axes_to_thin_the_first_points_are_linted(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = family(AXES)
    monkeypatch.setattr(module, "MOST_LINTED", 5)
    sample = LintSample(())
    points = list(sample.noting(sweep.found()))
    assert sample.points == points[:5]
    assert sample.note == "5 of 48 points were linted: the first ones"


def test_a_sample_finds_what_changes_nothing_and_claims_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = family(AXES)
    sample = sampled(sweep, 24, monkeypatch)
    texts = [finding.text for finding in findings_of(sweep, sample.linted, sample.points)]
    assert "`rate` changes nothing: points that differ only in it are the same network" in texts
    assert any("`n` also changes costs" in text and "from 1 to 7" in text for text in texts)
    fewer = family("over n = [1, 2], rate = 1..9")
    sample = sampled(fewer, 8, monkeypatch)
    texts = [finding.text for finding in findings_of(fewer, sample.linted, sample.points)]
    alike = "points that differ only in it are the same network"
    assert f"`rate` changes nothing among the remaining points: {alike}" in texts
