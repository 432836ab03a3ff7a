import numpy as np
import pytest
from communique.models.calibration import Calibration, Line
from communique.models.taxonomy import CommitmentType, LabelSchema, commitment_schema

SCHEMA = LabelSchema(
    name="three",
    exclusive="none",
    types=tuple(CommitmentType(name=name, definition="d") for name in ("strong", "weak", "none")),
)


def test_overconfident_logits_are_cooled():
    random = np.random.default_rng(0)
    true_logits = random.normal(size=(4000, 3))
    types = (random.random((4000, 3)) < 1 / (1 + np.exp(-true_logits))).astype(float)
    logits = np.concatenate([3 * true_logits, np.zeros((4000, 1))], axis=1)
    calibration = Calibration.fit(SCHEMA, logits, types, np.full(4000, -1.0))
    np.testing.assert_allclose(calibration.temperatures[:3], 3, rtol=0.12)
    assert calibration.temperatures[3] == 1  # nobody judged salience
    given = calibration.probabilities(logits)[:, :3]
    for column in range(3):
        confident = given[:, column] > 0.8
        assert abs(given[confident, column].mean() - types[confident, column].mean()) < 0.05


def test_thresholds_follow_the_best_f1():
    """Where a type is there from a logit of -0.5 on, a threshold of 0.5 would miss a part of them."""
    logits = np.concatenate([np.linspace(-4, 4, 201)[:, None]] * 4, axis=1)
    random = np.random.default_rng(0)
    noise = random.normal(scale=0.8, size=(201, 3))
    types = (logits[:, :3] + noise > -0.5).astype(float)
    calibration = Calibration.fit(SCHEMA, logits, types, np.full(201, -1.0))
    probabilities = calibration.probabilities(logits)[:, :3]

    def f1(thresholds):
        given = probabilities >= thresholds
        return 2 * (given & (types == 1)).sum(0) / (given.sum(0) + types.sum(0))

    assert (f1(calibration.thresholds) > f1(np.full(3, 0.5))).all()


def test_decisions():
    calibration = Calibration(SCHEMA, np.ones(4), np.array([0.5, 0.3, 0.5]))
    rows = np.array(
        [
            [0.9, 0.4, 0.1, 0.0],  # both above their thresholds
            [0.2, 0.1, 0.3, 0.0],  # none: the closest to its threshold
            [0.55, 0.1, 0.95, 0.0],  # the exclusive one is furthest above: it stands alone
            [0.9, 0.1, 0.55, 0.0],  # it is not: it goes
        ]
    )
    assert calibration.decide(rows) == [("strong", "weak"), ("none",), ("none",), ("strong",)]


def test_stored_and_read_back():
    calibration = Calibration(SCHEMA, np.array([1.5, 0.7, 1.0, 2.0]), np.array([0.4, 0.5, 0.6]), 77)
    read = Calibration.from_dict(SCHEMA, calibration.to_dict())
    np.testing.assert_array_equal(read.temperatures, calibration.temperatures)
    np.testing.assert_array_equal(read.thresholds, calibration.thresholds)
    assert read.fitted_on == 77
    with_lines = Calibration(SCHEMA, np.ones(4), np.full(3, 0.5), 9, Line(0.5, 0.1), Line(2.0, -1.0))
    read = Calibration.from_dict(SCHEMA, with_lines.to_dict())
    assert (read.confidence_line, read.commitment_line) == (Line(0.5, 0.1), Line(2.0, -1.0))


def test_a_folder_without_lines_is_read():
    data = Calibration.identity(SCHEMA).to_dict()
    del data["confidence"], data["commitment"]
    assert Calibration.from_dict(SCHEMA, data).confidence_line == Line()


def test_a_line_makes_probabilities_honest():
    random = np.random.default_rng(0)
    truth = random.random(20000) * 0.98 + 0.01
    outcomes = (random.random(20000) < truth).astype(float)
    logits = np.log(truth / (1 - truth))
    boastful = 1 / (1 + np.exp(-(2 * logits + 0.5)))
    line = Line.fit(boastful, outcomes)
    assert (line.slope, line.intercept) == (pytest.approx(0.5, abs=0.03), pytest.approx(-0.25, abs=0.05))
    np.testing.assert_allclose(line.apply(boastful), truth, atol=0.02)
    separated = Line.fit(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]))
    assert 1 < separated.slope < 10
    assert Line.fit(np.array([0.1, 0.2]), np.zeros(2)) == Line()


def test_confidence_and_commitment():
    schema = commitment_schema()
    calibration = Calibration.identity(schema)
    rows = np.full((3, 10), 0.01)
    rows[0, schema.names.index("pledge")] = 0.97  # a clear pledge
    rows[1, schema.names.index("call")] = 0.55  # torn between a call and a pledge
    rows[1, schema.names.index("pledge")] = 0.45
    rows[2, schema.names.index("background")] = 0.98
    clear, torn, background = calibration.confidence(rows)
    assert clear > 0.9 and background > 0.9 and torn < 0.6
    commits = calibration.commitment(rows)
    assert commits[0] > 0.95 and 0.4 < commits[1] < 0.6 and commits[2] < 0.1


def test_extreme_logits_do_not_overflow():
    calibration = Calibration.identity(SCHEMA)
    with np.errstate(all="raise"):
        probabilities = calibration.probabilities(np.array([[1e6, -1e6, 0.0, 0.0]]))
    assert probabilities[0, 0] == 1 and 0 <= probabilities[0, 1] < 1e-20
