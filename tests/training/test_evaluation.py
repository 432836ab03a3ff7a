import json

import numpy as np
import pytest
from communique.models.taxonomy import commitment_schema
from communique.training.baselines import keyword_types, lead, majority_types
from communique.training.cards import write_card
from communique.training.evaluation import bootstrap, evaluate_models, markdown_tables

SCHEMA = commitment_schema()


@pytest.fixture(scope="module")
def result(tiny_analyzer, corpus):
    return evaluate_models(tiny_analyzer, [corpus["validation"]], baselines=True)


def test_every_figure_has_its_interval(result):
    assert set(result["systems"]) == {
        "communique",
        "communique extractive",
        "majority",
        "keyword rules",
        "lead 3",
    }
    for system in result["systems"].values():
        for part in ("classification", "abstracts"):
            for figure in system.get(part, {}).values():
                assert figure["low"] <= figure["value"] <= figure["high"]
    assert (result["documents"], result["sentences"], result["abstracts"]) == (4, 40, 4)


def test_majority_is_what_it_is(result):
    # Two of ten sentences of each document are background, the most frequent set.
    assert result["systems"]["majority"]["classification"]["primary_accuracy"]["value"] == pytest.approx(0.2)
    assert result["systems"]["majority"]["classification"]["commitment_f1"]["value"] == 0


def test_our_abstracts_hold_nothing_unsupported(result):
    assert result["systems"]["communique"]["abstracts"]["unsupported"]["value"] == 0


def test_tables(result):
    text = markdown_tables(result)
    assert "| keyword rules |" in text and "| lead 3 |" in text and "| wire |" in text
    assert f"{result['systems']['communique']['classification']['primary_accuracy']['value']:.3f}" in text


def test_without_abstracts(tiny_analyzer, corpus):
    result = evaluate_models(tiny_analyzer, [corpus["validation"]], abstracts=False)
    assert result["abstract_measures"] == [] and set(result["systems"]) == {"communique"}


def test_the_card_tells_held_out_figures(result, classifier_folder, tmp_path):
    import shutil

    folder = shutil.copytree(classifier_folder, tmp_path / "model")
    (folder / "evaluations").mkdir()
    (folder / "evaluations" / "miniature.json").write_text(json.dumps(result))
    card = write_card(folder).read_text()
    assert "### Held-out: miniature" in card
    value = result["systems"]["keyword rules"]["classification"]["primary_accuracy"]["value"]
    assert (
        f"| keyword rules | {result['systems']['keyword rules']['classification']['primary_macro_f1']['value']:.3f}"
        in card
    )
    assert f"{value:.3f}" in card


def test_bootstrap_interval_of_a_mean():
    values = np.random.default_rng(1).normal(size=400)
    interval = bootstrap(lambda chosen: float(values[list(chosen)].mean()), 400)
    assert interval.value == pytest.approx(values.mean())
    # The normal approximation: 1.96 standard errors on either side.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_keyword_rules():
    given = keyword_types(
        [
            "They agreed to trade.",
            "He urged restraint and welcomed the pact.",
            "Rain fell.",
            "Japan will provide $5 million in loans.",
        ],
        SCHEMA,
    )
    assert given == [("agreement",), ("call", "position"), ("background",), ("resource",)]


def test_other_baselines():
    assert majority_types([["a"], ["a"], ["b"]]) == [("a",)] * 3
    assert lead(["T", "1", "2", "3", "4"], "T") == ["1", "2", "3"]


def test_a_contrast_pair_is_right_when_both_sides_are(tiny_analyzer, tmp_path):
    texts = [
        ("a", "They agreed to cut quotas.", "agreement"),
        ("b", "They agreed quotas were low.", "position"),
    ]
    texts += [
        ("c", "The board adopted the plan.", "decision"),
        ("d", "The board saw the plan.", "background"),
    ]
    path = tmp_path / "pairs.jsonl"
    lines = [
        {
            "id": name,
            "pair": "p1" if name in "ab" else "p2",
            "excerpt": True,
            "text": text,
            "sentences": [{"start": 0, "end": len(text), "types": [label]}],
        }
        for name, text, label in texts
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = evaluate_models(tiny_analyzer, [path], baselines=True)
    # The rules know "agreed to" and "adopted", take "agreed quotas were low" for background.
    rules = result["systems"]["keyword rules"]["contrast"]
    assert (rules["pairs"], rules["sets_pairs_right"]["value"]) == (2, 0.5)
    assert result["systems"]["majority"]["contrast"]["primary_pairs_right"]["value"] == 0
    assert "2 contrast pairs" in markdown_tables(result)
