import numpy as np
from communique.models.calibration import Calibration
from communique.models.taxonomy import CommitmentType, LabelSchema

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


def test_extreme_logits_do_not_overflow():
    calibration = Calibration.identity(SCHEMA)
    with np.errstate(all="raise"):
        probabilities = calibration.probabilities(np.array([[1e6, -1e6, 0.0, 0.0]]))
    assert probabilities[0, 0] == 1 and 0 <= probabilities[0, 1] < 1e-20
