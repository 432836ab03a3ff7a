"""The whole way from bases to a table beside the shipped figures, with tiny models; it goes on after a stop."""

import json

import pytest

from communique.errors import TrainingError
from communique.training.config import ClassifierConfig, SummarizerConfig, load_config, to_yaml
from communique.training.reproduce import (
    Plan,
    ReproducedFigure,
    compared,
    differing_data,
    plan_reproduction,
    reproduce,
    reproduction_table,
)


@pytest.fixture(scope="module")
def plan(corpus, classifier_folder, tmp_path_factory):
    """The classifier is finished, as after a stop between the two trainings."""
    output = tmp_path_factory.mktemp("reproduce")
    summarizer = [
        f"data.train={corpus['train']}",
        f"data.validation={corpus['validation']}",
        "training.max_steps=2",
        f"output={output / 'summarizer'}",
    ]
    return Plan(
        # Test processes share the classifier: another one may have trained it, on files of its own.
        load_config(ClassifierConfig, classifier_folder / "training.yaml"),
        load_config(SummarizerConfig, "configs/tiny/summarizer.yaml", summarizer),
        {"miniature": corpus["validation"]},
        output,
    )


@pytest.fixture(scope="module")
def stopped(plan):
    """A run that was stopped in the summarizer's training, and once more before the evaluation."""
    checkpoints = plan.output / "summarizer.checkpoints"
    checkpoints.mkdir()
    (checkpoints / "training.yaml").write_text(to_yaml(plan.summarizer))
    told = []

    def stop(message):
        told.append(message)
        if "evaluation" in message:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reproduce(plan, stop, quiet=True)
    return told


@pytest.fixture(scope="module")
def finished(plan, stopped):
    told = []
    return reproduce(plan, told.append, quiet=True), told


def test_it_goes_on_where_it_was_stopped(plan, stopped, finished):
    figures, told = finished
    for messages in (stopped, told):
        assert [message[:6] for message in messages] == [f"{step} of 4" for step in (1, 2, 3, 4)]
        assert "is there already" in messages[1] and "evaluation" in messages[3]
    assert "training" in stopped[2] and "is there already" in told[2]
    assert not (plan.output / "summarizer.checkpoints").exists()
    assert {figure.measure for figure in figures} > {"primary_macro_f1", "rouge1"}


def test_what_is_finished_is_not_done_again(plan, finished):
    told = []
    assert reproduce(plan, told.append, quiet=True) == finished[0]
    assert all("is there already" in message for message in told[1:])


def test_a_model_of_another_recipe_is_refused(plan, finished):
    other = plan.classifier.model_copy(
        update={"training": plan.classifier.training.model_copy(update={"seed": 1})}
    )
    with pytest.raises(TrainingError, match="another configuration; name another folder with --output"):
        reproduce(Plan(other, plan.summarizer, plan.held_out, plan.output), lambda message: None)


def test_the_table_says_what_differs(finished, plan):
    table = reproduction_table(finished[0], differing_data(plan))
    assert "| miniature | primary macro f1 | - | " in table and "not in the card" in table
    assert "classifier: the shipped one was trained with other contents of" in table


def figure(measure, shipped, reproduced):
    return ReproducedFigure("d", measure, {"value": reproduced, "low": 0, "high": 1}, shipped)


def test_more_than_the_spread_is_a_difference():
    shipped = {"value": 0.8, "low": 0.7, "high": 0.9}
    assert figure("primary_macro_f1", shipped, 0.775).verdict == "as shipped"
    assert figure("primary_macro_f1", shipped, 0.76).verdict == "worse"
    # Half the interval is 0.1.
    assert figure("rouge1", shipped, 0.71).verdict == "as shipped"
    worse = figure("rouge1", shipped, 0.65)
    assert "1 of 1 figures differ" in reproduction_table([worse], [])
    assert "- d, rouge1: worse by 0.150" in reproduction_table([worse], [])


def test_the_shipped_cards_are_found_by_the_content_of_the_data(tmp_path):
    plan = plan_reproduction(tmp_path)
    from communique.models.folder import find_model_folder

    path = find_model_folder("classifier") / "evaluations" / "authored-test.json"
    result = json.loads(path.read_text())
    figures = compared({"renamed": {**result, "data": {"other.jsonl": next(iter(result["data"].values()))}}})
    assert figures and {f.verdict for f in figures if f.measure != "unsupported"} == {"as shipped"}
    assert set(plan.held_out) == {"authored-test", "contrast-test"}
    with pytest.raises(TrainingError, match="named 'authored-test' already"):
        plan_reproduction(tmp_path, held_out=[tmp_path / "authored-test.jsonl"])
