"""Which module an operator belongs to, what stays wide, and what a block is."""

from __future__ import annotations

import pytest

from export.quantize.placement import Node, blocks_of, is_wide, place, quantizable

GRAPH = [
    Node("scale", ("image",), ("x",)),
    Node("conv", ("x", "weight"), ("y",)),
    Node("cut", ("y",), ("y1", "y2")),
    Node("small", ("y2", "weight2"), ("s",)),
    Node("join", ("y1", "s"), ("j",)),
    Node("turn", ("j",), ("r",)),
]
PATHS = {"x": "normalize", "y": "backbone.stem.stem.0", "s": "backbone.stages.0.blocks.0.token_mixer.conv_s", "r": ""}


def test_operators_that_move_data_belong_to_where_it_comes_from():
    assert place(GRAPH, PATHS) == {
        "scale": "normalize",
        "conv": "backbone.stem.stem.0",
        "cut": "backbone.stem.stem.0",
        "small": "backbone.stages.0.blocks.0.token_mixer.conv_s",
        "join": "backbone.stem.stem.0",
        "turn": "",
    }


def test_an_operator_before_everything_known_is_part_of_the_input():
    assert place([Node("pad", ("image",), ("p",))], {}) == {"pad": "normalize"}


def test_normalisation_and_decoding_are_never_quantised():
    assert quantizable(place(GRAPH, PATHS)) == (
        "backbone.stem.stem.0",
        "backbone.stages.0.blocks.0.token_mixer.conv_s",
    )


@pytest.mark.parametrize(
    ("path", "wide", "expected"),
    [
        pytest.param("backbone.stages.0.blocks.1.norm", ["backbone.stages.0.blocks.1"], True, id="within"),
        pytest.param("backbone.stages.0.blocks.1", ["backbone.stages.0.blocks.1"], True, id="itself"),
        pytest.param("backbone.stages.0.blocks.11.norm", ["backbone.stages.0.blocks.1"], False, id="same beginning"),
        pytest.param("backbone.stem", [], False, id="nothing wide"),
        pytest.param("head", [], True, id="head"),
        pytest.param("", [], True, id="decoding"),
        pytest.param("normalize", [], True, id="normalisation"),
    ],
)
def test_what_is_wide(path, wide, expected):
    assert is_wide(path, wide) is expected


def test_blocks():
    paths = [
        "backbone.stem.stem.0",
        "backbone.stem.stem.2",
        "backbone.stages.0.blocks.0.token_mixer.conv_m.bands.1",
        "backbone.stages.0.blocks.0.channel_mixer.0",
        "backbone.stages.0.blocks.0",
        "backbone.stages.1.downsample.token_mixer.conv_s",
        "backbone.stages.1.blocks.12",
        "backbone.stage3.4.rbr_reparam",
        "head",
    ]
    assert blocks_of(paths) == (
        "backbone.stem",
        "backbone.stages.0.blocks.0",
        "backbone.stages.1.downsample",
        "backbone.stages.1.blocks.12",
        "backbone.stage3",
        "head",
    )
