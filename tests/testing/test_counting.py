"""From scores to errors: averages, ranks and the confusion matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resdsl.testing.counting import averaged, counted

SCORES = np.random.default_rng(1).normal(size=(3, 40, 7)).astype(np.float32)
LABELS = np.random.default_rng(2).integers(0, 7, 40)


def test_averages_of_probabilities_and_of_scores_are_those_of_pytorch() -> None:
    tensors = torch.from_numpy(SCORES).double()
    assert np.allclose(averaged(SCORES, "scores"), tensors.mean(0), atol=1e-12)
    assert np.allclose(averaged(SCORES, "probabilities"), tensors.softmax(2).mean(0), atol=1e-12)


def test_the_two_averages_decide_differently() -> None:
    views = np.array([[[9.0, 0.0, 0.0]], [[0.0, 20.0, 0.0]], [[5.0, 4.0, 0.0]]])
    assert averaged(views, "scores").argmax() == 1
    assert averaged(views, "probabilities").argmax() == 0


def test_one_view_is_taken_as_it_is() -> None:
    far = np.array([[-2000.0, -1000.0, 0.0]])
    assert averaged([far], "probabilities").tolist() == far.tolist()


def test_errors_are_those_of_sorting_the_scores() -> None:
    counts = counted(SCORES[0], LABELS)
    best = np.argsort(-SCORES[0], axis=1)
    assert counts.error == float((best[:, 0] != LABELS).mean())
    assert counts.top5_error == float((best[:, :5] != LABELS[:, None]).all(1).mean())
    assert counts.images == 40


def test_rows_of_the_confusion_matrix_are_labels_and_columns_what_they_were_taken_for() -> None:
    counts = counted(np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [2.0, 0.0]]), np.array([0, 1, 1, 0]))
    assert counts.confusion.tolist() == [[1, 1], [1, 1]]
    assert counts.top5_error is None


def test_of_equal_scores_the_first_class_comes_first() -> None:
    counts = counted(np.zeros((7, 7)), np.arange(7))
    assert counts.error == 6 / 7
    assert counts.top5_error == 2 / 7


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_errors(value: float) -> None:
    scores = np.eye(6)
    scores[2, 2] = value
    counts = counted(scores, np.arange(6))
    assert counts.unscored == 1
    assert counts.error == 1 / 6
    assert counts.top5_error == 1 / 6


def test_counts_add_up() -> None:
    whole = counted(SCORES[0], LABELS)
    parts = counted(SCORES[0][:9], LABELS[:9]) + counted(SCORES[0][9:], LABELS[9:])
    assert np.array_equal(whole.confusion, parts.confusion)
    assert (whole.error, whole.top5_error, whole.images) == (parts.error, parts.top5_error, parts.images)
