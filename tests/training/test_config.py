import pytest
import yaml
from communique.errors import ConfigError
from communique.training.config import (
    ClassifierConfig,
    SummarizerConfig,
    data_path,
    load_config,
    to_yaml,
)


def write(path, **content):
    path.write_text(yaml.safe_dump(content))
    return path


BASE = {
    "name": "mine",
    "output": "out",
    "data": {"train": ["a.jsonl"], "validation": ["b.jsonl"]},
    "model": {"base": "minilm"},
}


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        (ClassifierConfig, "classifier.yaml"),
        (ClassifierConfig, "configs/tiny/classifier.yaml"),
        (SummarizerConfig, "configs/summarizer.yaml"),
        (SummarizerConfig, "tiny/summarizer.yaml"),
    ],
)
def test_shipped_configurations_are_found_and_valid(schema, name):
    assert load_config(schema, name).data.train


def test_precedence(tmp_path):
    write(tmp_path / "parent.yaml", **BASE, training={"epochs": 9, "seed": 4})
    child = write(tmp_path / "child.yaml", extends="parent.yaml", training={"epochs": 2})
    config = load_config(ClassifierConfig, child, ["training.batch_size=8", "training.epochs=5"])
    assert (config.training.epochs, config.training.seed, config.training.batch_size) == (5, 4, 8)
    assert config.training.weight_decay == 0.01  # the default


def test_lists_are_replaced_mappings_merged(tmp_path):
    write(tmp_path / "parent.yaml", **BASE)
    child = write(tmp_path / "child.yaml", extends="parent.yaml", data={"train": ["c.jsonl"]})
    config = load_config(ClassifierConfig, child)
    assert config.data.train == ("c.jsonl",)
    assert config.data.validation == ("b.jsonl",)


def test_values_of_overrides(tmp_path):
    path = write(tmp_path / "c.yaml", **BASE)
    config = load_config(
        ClassifierConfig,
        path,
        [
            "training.learning_rate=1e-5",
            "data.train=x.jsonl,y.jsonl",
            "training.early_stopping=2",
            "name=7up",
        ],
    )
    assert config.training.learning_rate == 1e-5
    assert config.data.train == ("x.jsonl", "y.jsonl")
    assert config.training.early_stopping == 2
    assert config.name == "7up"
    assert load_config(ClassifierConfig, path, ["training.lora.rank=4"]).training.lora.rank == 4


def test_yaml_reads_1e_5_as_a_number_all_the_same(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(BASE) + "training:\n  learning_rate: 1e-5\n")
    assert load_config(ClassifierConfig, path).training.learning_rate == 1e-5


def test_resolved_configuration_reads_back_the_same(tmp_path):
    config = load_config(ClassifierConfig, write(tmp_path / "c.yaml", **BASE), ["training.lora.rank=4"])
    again = tmp_path / "resolved.yaml"
    again.write_text(to_yaml(config))
    assert load_config(ClassifierConfig, again) == config


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["training.epoch=1"], "did you mean 'training.epochs'"),
        (["trainng.epochs=1"], "did you mean 'training'"),
        (["training.epochs"], "key=value"),
        (["training.epochs=many"], "training.epochs"),
        (["training.batch_size=0"], "training.batch_size"),
        (["data.train=[]"], "data.train"),
    ],
)
def test_wrong_overrides(tmp_path, overrides, message):
    with pytest.raises(ConfigError) as caught:
        load_config(ClassifierConfig, write(tmp_path / "c.yaml", **BASE), overrides)
    assert message in str(caught.value)


def test_unknown_key_names_file_and_nearest(tmp_path):
    path = write(tmp_path / "c.yaml", **BASE, training={"learning_rat": 1})
    with pytest.raises(ConfigError) as caught:
        load_config(ClassifierConfig, path)
    assert str(path) in str(caught.value)
    assert "unknown key 'training.learning_rat'; did you mean 'learning_rate'?" in str(caught.value)


def test_missing_files(tmp_path):
    with pytest.raises(ConfigError, match=r"configs/classifier\.yaml"):
        load_config(ClassifierConfig, "nowhere.yaml")
    child = write(tmp_path / "c.yaml", extends="gone.yaml", **BASE)
    with pytest.raises(ConfigError, match=r"'extends' = 'gone\.yaml'"):
        load_config(ClassifierConfig, child)


def test_extends_in_a_circle(tmp_path):
    write(tmp_path / "a.yaml", extends="b.yaml")
    path = write(tmp_path / "b.yaml", extends="a.yaml")
    with pytest.raises(ConfigError, match="circle"):
        load_config(ClassifierConfig, path)


def test_package_paths():
    assert data_path("package:seeds/seed-article.txt").is_file()
    assert data_path("seeds/x.jsonl").as_posix() == "seeds/x.jsonl"
