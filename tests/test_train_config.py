"""Settings of a run: recipes, flags, their types, and what is refused."""

import re
from dataclasses import fields

import pytest
import yaml

from runtime.errors import HeadPoseError
from training.config import (
    TrainConfig,
    check,
    field_help,
    read_recipe,
    recipe_names,
    recipe_path,
    to_yaml,
    with_values,
)


@pytest.mark.parametrize("name", [f.name for f in fields(TrainConfig)])
def test_every_setting_is_explained(name):
    assert len(field_help()[name]) > 5


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("lr", "1e-3", 1e-3),
        ("lr", 1, 1.0),
        ("batch_size", "64", 64),
        ("batch_size", 64.0, 64),
        ("milestones", "3,5", (3, 5)),
        ("milestones", [3, 5], (3, 5)),
        ("freeze_bn", "true", True),
        ("freeze_bn", "0", False),
        ("data_options", "split=train,labels=rgb", {"split": "train", "labels": "rgb"}),
        ("data_options", {"count": 8}, {"count": "8"}),
        ("filename_list", None, None),
        ("snapshot", "", None),
        ("backbone_type", "repnext", "repnext_m4"),
        ("backbone_type", "repvgg", "repvgg_b1g2"),
        ("backbone_type", "timm:resnet18", "timm:resnet18"),
    ],
    ids=lambda value: str(value),
)
def test_a_value_takes_the_type_of_its_field(name, given, expected):
    value = getattr(with_values(TrainConfig(), {name: given}, "a test"), name)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rate": 1}, "unknown setting in the recipe X 'learning_rate'"),
        ({"batchsize": 1}, "did you mean 'batch_size'"),
        ({"lr": "fast"}, "lr in the recipe X is 'fast': give a number"),
        ({"batch_size": 2.5}, "give a whole number"),
        ({"batch_size": True}, "give a whole number"),
        ({"freeze_bn": "maybe"}, "give true or false"),
        ({"data_options": "split"}, "data_options"),
        ({"milestones": "a,b"}, "give a list"),
        ({"dataset": ["a"]}, "give a text"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_value_is_one_sentence(values, words):
    with pytest.raises(HeadPoseError, match=re.escape(words)):
        with_values(TrainConfig(), values, "the recipe X")


@pytest.mark.parametrize(
    "values",
    [
        {"lr": 0.0},
        {"batch_size": 0},
        {"weight_decay": -1.0},
        {"val_fraction": 1.0},
        {"ema": 1.0},
        {"precision": "fp16"},
        {"image_size": 16},
        {"num_epochs": 0},
    ],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(values):
    name = next(iter(values))
    with pytest.raises(HeadPoseError, match=name):
        check(with_values(TrainConfig(), values, "a test"))


def test_a_config_survives_its_yaml():
    config = with_values(TrainConfig(), {"lr": 0.002, "milestones": [4], "data_options": {"a": "b"}}, "a test")
    assert with_values(TrainConfig(), yaml.safe_load(to_yaml(config)), "yaml") == config


WANTED = {
    "repnext_m4_300wlp": "repnext_m4",
    "repvgg_b1g2_300wlp": "repvgg_b1g2",
    "repnext_m4_biwi_70_30": "repnext_m4",
    "repnext_m4_synthetic": "repnext_m4",
    "repnext_m0_synthetic": "repnext_m0",
    "smoke": "repnext_m0",
}


def test_all_recipes_are_there():
    assert set(WANTED) <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_says_what_it_trains_how_and_what_comes_out(name):
    from training.data.augmentation import AUGMENTATIONS
    from training.data.crops import FRAMINGS
    from training.data.registry import DATASETS
    from training.losses import LOSSES
    from training.optim import OPTIMIZERS
    from training.schedule import SCHEDULES

    config = check(with_values(TrainConfig(), read_recipe(name), name))
    assert config.backbone_type == WANTED.get(name, config.backbone_type)
    known = (config.dataset in DATASETS, config.framing in {*FRAMINGS, None}, config.augmentation in AUGMENTATIONS)
    assert all((*known, config.loss in LOSSES, config.optimizer in OPTIMIZERS, config.schedule in SCHEDULES))
    head = recipe_path(name).read_text(encoding="utf-8").partition("\ndataset:")[0]
    assert all(line.startswith("#") for line in head.splitlines())
    assert f"headpose train --recipe {name}" in head
    assert "# Time: " in head
    assert re.search(r"# Expected: (?:not yet run|.*\(published|.*\d°)", head)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "holds no settings"), ("- a\n- b\n", "holds no settings"), ("lr: [", "cannot be read")],
    ids=["empty", "a list", "no YAML"],
)
def test_a_damaged_recipe_is_one_sentence(tmp_path, text, words):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(HeadPoseError, match=words):
        read_recipe(str(file))


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(HeadPoseError, match="did you mean 'smoke'"):
        read_recipe("smok")
