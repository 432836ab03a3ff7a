"""Intervals and tests of differences, held against textbook cases."""

import numpy as np
import pytest

from communique.training.significance import bootstrap, differences, intervals, mean_statistics

VALUES = np.random.default_rng(1).normal(size=400)


def test_interval_of_a_mean():
    interval = intervals(mean_statistics({"mean": VALUES}))["mean"]
    assert interval.value == pytest.approx(VALUES.mean())
    # The normal approximation: 1.96 standard errors on either side.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * VALUES.std() / 20, rel=0.1)


def test_sums_and_lists_of_documents_give_the_same_interval():
    (listed,) = bootstrap(lambda chosen: [float(VALUES[list(chosen)].mean())], len(VALUES))
    summed = intervals(mean_statistics({"mean": VALUES}))["mean"]
    assert (listed.low, listed.high) == pytest.approx((summed.low, summed.high))


def test_a_constant_gain_is_certain_though_both_vary():
    better = differences(mean_statistics({"mean": VALUES + 0.1}), mean_statistics({"mean": VALUES}))["mean"]
    assert [better.value, better.low, better.high] == pytest.approx([0.1] * 3)
    assert better.p_value == pytest.approx(1 / 1001)


def test_no_difference_is_not_significant():
    same = differences(mean_statistics({"mean": VALUES}), mean_statistics({"mean": VALUES}))["mean"]
    assert same.value == same.low == same.high == 0 and same.p_value == 1


def test_randomization_worked_by_hand():
    # Four documents, each better by 1: of the 16 ways to swap, only none and all are as extreme: p = 1/8.
    ones = mean_statistics({"mean": [1.0] * 4})
    difference = differences(ones, mean_statistics({"mean": [0.0] * 4}))["mean"]
    assert difference.p_value == pytest.approx(1 / 8, abs=0.03)
