"""Whole scenes; needs the asset pack and a head model, which no package brings."""

import os
from pathlib import Path

import numpy as np
import pytest

ASSETS, MODEL = (Path(os.environ.get(name, "none")) for name in ("HEADPOSE_MAKEHUMAN", "HEADPOSE_HEAD_MODEL"))
pytestmark = pytest.mark.skipif(
    not (ASSETS.is_dir() and MODEL.is_file()), reason="HEADPOSE_MAKEHUMAN and HEADPOSE_HEAD_MODEL name no assets"
)


@pytest.fixture(scope="module")
def drawn():
    """Pictures, coverages and plans of the first scenes of a seed, and the first picture drawn again at the end."""
    from training.data.synthetic.assets import AssetPack
    from training.data.synthetic.backgrounds import Backgrounds
    from training.data.synthetic.catalogue import Catalogue
    from training.data.synthetic.head import HeadModel
    from training.data.synthetic.scene_plan import plan_scene
    from training.data.synthetic.studio import Studio

    model, pack, backgrounds = HeadModel.load(MODEL), AssetPack.open(ASSETS), Backgrounds(seed=0)
    catalogue = Catalogue.of(pack, backgrounds.names, model.actions)
    plans = [plan_scene(3, index, catalogue) for index in range(6)]
    with Studio(model, pack, backgrounds, size=96) as studio:
        pictures = [studio.render(plan) for plan in plans]
        return plans, pictures, studio.render(plans[0])


def test_a_head_is_in_every_picture(drawn):
    for rendered in drawn[1]:
        assert rendered.rgb.shape == (96, 96, 3)
        assert 0.1 < rendered.coverage.mean() < 0.95
        assert rendered.rgb[rendered.coverage > 0.9].std() > 8


def test_a_plan_gives_the_same_picture_again(drawn):
    np.testing.assert_array_equal(drawn[1][0].rgb, drawn[2].rgb)
