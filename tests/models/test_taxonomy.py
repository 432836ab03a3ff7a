import pytest
from communique.errors import ConfigError
from communique.models.taxonomy import LabelSchema, commitment_schema

STRENGTH = [
    "resource",
    "decision",
    "agreement",
    "activity",
    "pledge",
    "call",
    "position",
    "consultation",
    "background",
]


def write(tmp_path, text):
    path = tmp_path / "labels.yaml"
    path.write_text(text)
    return path


def test_the_nine_types_in_order_of_strength():
    schema = commitment_schema()
    assert schema.names == STRENGTH
    assert [label.kind for label in schema.types] == ["commitment"] * 5 + ["directive"] + ["statement"] * 3
    for label in schema.types:
        assert label.definition and len(label.examples) == 3
        assert label.signals


def test_primary_is_the_strongest():
    schema = commitment_schema()
    assert schema.primary(["position", "pledge"]) == "pledge"
    assert schema.ordered({"call", "resource", "activity"}) == ("resource", "activity", "call")
    assert schema.is_commitment(["position", "activity"])
    assert not schema.is_commitment(["call", "position"])


@pytest.mark.parametrize(
    ("types", "message"),
    [
        (["pledges"], "did you mean 'pledge'"),
        ([], "at least one"),
        (["pledge", "pledge"], "twice"),
        (["background", "pledge"], "must stand alone"),
    ],
)
def test_invalid_sets_are_explained(types, message):
    assert message in commitment_schema().problem_with(types)


def test_own_label_set(tmp_path):
    path = write(
        tmp_path,
        """
name: tone
exclusive: neutral
types:
  - {name: threat, definition: Announces harm., kind: commitment}
  - {name: praise, definition: Says something good.}
  - {name: neutral, definition: Neither.}
""",
    )
    schema = LabelSchema.from_yaml(path)
    assert schema.names == ["threat", "praise", "neutral"]
    assert schema.primary(["praise", "threat"]) == "threat"
    assert schema.is_commitment(["threat"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\ntypes: []", "types"),
        ("name: x\ntypes:\n- {name: a, definition: d}\n- {name: a, definition: d}", "more than once"),
        ("name: x\ntypes:\n- {name: a, definiton: d}", "did you mean 'definition'"),
        ("name: x\nexclusive: c\ntypes:\n- {name: a, definition: d}", "exclusive = 'c'"),
        ("name: x\ntypes:\n- {name: a, definition: d, kind: vow}", "types.0.kind"),
        ("- a\n- b", "not a mapping"),
        ("name: [", "not valid YAML"),
    ],
)
def test_broken_label_sets_name_file_and_key(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        LabelSchema.from_yaml(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_label_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        LabelSchema.from_yaml(tmp_path / "none.yaml")
