"""The store of textures: what is made once, what is given back, and what never is while a scene needs it."""

import numpy as np
import pytest
from texture_card import Card

from training.data.synthetic.texture_store import LUMINANCE, TextureStore


class Maker:
    """Makes pictures of one colour and counts them."""

    def __init__(self, colour=(128, 64, 32)):
        self.picture, self.made = np.full((16, 16, 3), colour, np.uint8), 0

    def __call__(self):
        self.made += 1
        return self.picture


@pytest.fixture
def card():
    return Card()


def test_lasting_textures_are_made_once_and_kept(card):
    store, maker = TextureStore(card, most=1), Maker()
    assert [store.lasting("eyes", maker) for _ in range(3)] == ["eyes"] * 3
    assert maker.made == 1
    for key in "abc":
        store.passing(key, Maker())
    assert card.has_texture("eyes")
    assert store.lasting("eyes", maker) == "eyes"
    assert maker.made == 1


def test_a_store_does_not_make_what_the_card_has(card):
    TextureStore(card).lasting("eyes", Maker())
    TextureStore(card).lasting("eyes", maker := Maker())
    assert maker.made == 0


def test_passing_textures_tell_their_median_in_linear_light(card):
    maker = Maker((200, 100, 50))
    maker.picture[:2, :2] = 255  # a spot is no tone
    tone = TextureStore(card).passing("skin", maker)
    np.testing.assert_allclose(tone, (np.array([200, 100, 50]) / 255) ** 2.2, rtol=1e-6)
    assert np.array(tone) @ LUMINANCE == pytest.approx(0.2126 * tone[0] + 0.7152 * tone[1] + 0.0722 * tone[2])


def test_the_longest_unused_texture_is_given_back(card):
    store = TextureStore(card, most=2)
    makers = {key: Maker() for key in "abc"}
    for key in "abac":
        store.passing(key, makers[key])
    assert set(card.textures) == {"a", "c"}
    store.passing("a", makers["a"])
    assert makers["a"].made == 1
    store.passing("b", makers["b"])  # again, in the place of c
    assert makers["b"].made == 2
    assert set(card.textures) == {"a", "b"}


@pytest.mark.parametrize("most", [1, 2, 5])
def test_the_texture_that_was_asked_for_last_is_always_there(card, most):
    store = TextureStore(card, most=most)
    for key in map(str, np.random.default_rng(0).integers(0, 9, 60)):
        tone = store.passing(key, Maker((int(key) * 20, 100, 100)))
        assert card.has_texture(key)
        assert tone[0] == pytest.approx((int(key) * 20 / 255) ** 2.2)
        assert len(card.textures) <= most


def test_a_texture_that_could_not_be_made_is_tried_again(card):
    store = TextureStore(card)

    def broken():
        raise ValueError("half a file")

    for _ in range(2):
        with pytest.raises(ValueError, match="half a file"):
            store.passing("skin", broken)
    assert store.passing("skin", Maker())[0] > 0
    assert set(card.textures) == {"skin"}
