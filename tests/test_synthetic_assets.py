"""The asset pack: what is listed, how parts are read and bound, and what a damaged or half-copied pack says."""

import json
import os

import numpy as np
import pytest

from runtime.errors import HeadPoseError
from training.data.synthetic.assets import KINDS, AssetPack
from training.data.synthetic.proxy import METRES, read_proxy, unpack_faces

# a quad with a material and uv of the corners, then a triangle with all there is
FACES = [1 | 2 | 8, 0, 1, 2, 3, 7, 3, 2, 1, 0]
FACES += [2 | 4 | 8 | 16 | 32 | 64 | 128, 1, 2, 3, 7, 9, 0, 1, 2, 9, 9, 9, 9, 9, 9, 9, 9]


def document():
    return {
        "faces": FACES,
        "uvs": [[0, 0, 1, 0, 1, 1, 0, 1]],
        "ref_vIdxs": [[0, 1, 2], [0, 0, 0], [2, 1, 0], [2, 2, 2]],
        "weights": [[0.5, 0.25, 0.25], [1, 0, 0], [0.2, 0.3, 0.5], [1, 0, 0]],
        "offsets": [[0, 0, 0], [0.1, 0.2, 0.3], [0, 0, 0], [-1, 0, 0]],
    }


def write_part(root, kind, name, content=None):
    (root / kind / name / "textures").mkdir(parents=True)
    (root / kind / name / "textures" / "b.png").write_bytes(b"x")
    (root / kind / name / "textures" / "a.png").write_bytes(b"x")
    (root / kind / name / f"{name}.json").write_text(json.dumps(document() if content is None else content))
    return root / kind / name


def write_skin(root, folder, *pictures):
    (root / "skins" / folder / "textures").mkdir(parents=True)
    for picture in pictures:
        (root / "skins" / folder / "textures" / f"{picture}.png").write_bytes(b"x")


@pytest.fixture
def pack(tmp_path):
    for kind in KINDS:
        write_part(tmp_path, kind, "one")
    write_part(tmp_path, "hair", "bob02")
    write_skin(tmp_path, "young_asian_male", "light", "light2")
    write_skin(tmp_path, "old_african_female", "dark")
    return tmp_path


def test_a_pack_lists_names_and_reads_geometry_on_demand(pack):
    (pack / "hair" / "bob02" / "bob02.json").write_text("{")  # is not looked at before it is asked for
    opened = AssetPack.open(pack)
    assert opened.names["hair"] == ("bob02", "one")
    assert set(opened.names) == set(KINDS)
    assert [s.name for s in opened.skins] == [
        "old_african_female/dark",
        "young_asian_male/light",
        "young_asian_male/light2",
    ]
    skin = opened.skin("young_asian_male/light2")
    assert (skin.age, skin.group, skin.sex) == ("young", "asian", "male")
    assert skin.texture == pack / "skins/young_asian_male/textures/light2.png"
    assert opened.skins_of(sex="female") == (opened.skin("old_african_female/dark"),)
    assert opened.skins_of(group="caucasian") == ()
    part = opened.proxy("hair", "one")
    assert opened.proxy("hair", "one") is part
    assert (part.kind, part.name, [t.name for t in part.textures]) == ("hair", "one", ["a.png", "b.png"])
    with pytest.raises(HeadPoseError, match=r"bob02\.json is damaged"):
        opened.proxy("hair", "bob02")


def test_faces_are_unpacked_whatever_bits_they_carry():
    triangles, uv_triangles = unpack_faces(FACES, uv_layers=1)
    assert triangles.tolist() == [[0, 1, 2], [0, 2, 3], [1, 2, 3]]
    assert uv_triangles.tolist() == [[3, 2, 1], [3, 1, 0], [0, 1, 2]]


def test_a_second_layer_of_texture_coordinates_is_passed_over():
    triangles, uv_triangles = unpack_faces([8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 2, 1, 0, 5, 4, 3, 9, 9, 9], uv_layers=2)
    assert triangles.tolist() == [[0, 1, 2], [2, 1, 0]]
    assert uv_triangles.tolist() == [[3, 4, 5], [5, 4, 3]]


def test_a_part_hangs_on_the_base_mesh(pack):
    part = AssetPack.open(pack).proxy("eyes", "one")
    base = np.array([[0, 0, 0], [4, 0, 0], [0, 8, 0]], np.float32)
    # by hand: half of vertex 0, quarters of 1 and 2; and an offset of decimetres to metres
    assert part.fit(base)[0].tolist() == [1, 2, 0]
    np.testing.assert_allclose(part.fit(base)[1], [0.01, 0.02, 0.03], atol=1e-7)
    np.testing.assert_allclose(part.fit(base)[3], [-0.1, 8, 0], atol=1e-6)
    np.testing.assert_allclose(part.fit(base, np.array([1.0, 2.0, 3.0]))[1], [0.1, 0.4, 0.9], atol=1e-6)
    moved = part.fit(base + np.float32([1, 2, 3]))
    np.testing.assert_allclose(moved - part.fit(base), [[1, 2, 3]] * 4, atol=1e-6)
    assert part.fit(base, METRES).dtype == np.float32
    with pytest.raises(HeadPoseError, match="hangs on vertex 2 of a base mesh that has 2"):
        part.fit(base[:2])


def remove(path):
    path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda p: remove(p / "hair/one/one.json"), r"hair/one has no one\.json", id="no JSON"),
        pytest.param(
            lambda p: [remove(f) for f in (p / "tongue/one/textures").iterdir()],
            r"tongue/one has no picture",
            id="no texture",
        ),
        pytest.param(lambda p: (p / "teeth").rename(p / "tooth"), "has no folder teeth", id="no kind"),
        pytest.param(lambda p: remove(p / "skins/old_african_female/textures/dark.png"), "no picture", id="bare skin"),
        pytest.param(lambda p: write_skin(p, "elf", "a"), "not named <age>_<group>_<sex>", id="skin's name"),
    ],
)
def test_a_half_copied_pack_says_what_is_missing(pack, damage, message):
    damage(pack)
    with pytest.raises(HeadPoseError, match=message):
        AssetPack.open(pack)


def test_a_missing_or_empty_pack(tmp_path):
    with pytest.raises(HeadPoseError, match=r"there is no asset pack at .*nowhere"):
        AssetPack.open(tmp_path / "nowhere")
    (tmp_path / "skins").mkdir()
    with pytest.raises(HeadPoseError, match=r"folder skins of the asset pack .* is empty"):
        AssetPack.open(tmp_path)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        pytest.param(lambda p: p.skin("young_asian_male/ligth"), "did you mean 'young_asian_male/light'", id="skin"),
        pytest.param(lambda p: p.proxy("hair", "bob2"), "unknown hair 'bob2': did you mean 'bob02'", id="part"),
        pytest.param(lambda p: p.proxy("hairs", "bob02"), "did you mean 'hair'", id="kind"),
    ],
)
def test_an_unknown_name_gets_the_nearest(pack, ask, message):
    with pytest.raises(HeadPoseError, match=message):
        ask(AssetPack.open(pack))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"ref_vIdxs": None}, "damaged|shapes", id="no table"),
        pytest.param({"weights": [[1, 0, 0]]}, r"not three of \(n, 3\)", id="too few weights"),
        pytest.param({"offsets": [["a", 0, 0]] * 4}, "damaged", id="letters"),
        pytest.param({"faces": FACES[:-1]}, "ends within a face", id="cut off"),
        pytest.param({"faces": [0, 0, 1, 2]}, "without texture coordinates", id="no uv bit"),
        pytest.param({"uvs": [[]]}, "no texture coordinates", id="no uv"),
        pytest.param({"faces": [8, 0, 1, 4, 0, 1, 2]}, "corners beyond its 4 vertices", id="corner"),
        pytest.param({"faces": [8, 0, 1, 2, 0, 1, 4]}, "corners beyond its 4 uv", id="uv corner"),
        pytest.param({"faces": [8, 0, 1, -1, 0, 1, 2]}, "corners beyond", id="below zero"),
        pytest.param({"ref_vIdxs": [[0, 0, -1]] * 4}, "below 0", id="reference below zero"),
    ],
)
def test_damaged_geometry_is_named(tmp_path, change, message):
    folder = write_part(tmp_path, "hair", "bob", document() | change)
    with pytest.raises(HeadPoseError, match=message) as caught:
        read_proxy(folder / "bob.json", ())
    assert str(folder / "bob.json") in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"a"', "{}"])
def test_what_is_no_model_is_named(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(HeadPoseError, match=r"a\.json .* again"):
        read_proxy(tmp_path / "a.json", ())
    with pytest.raises(HeadPoseError, match=r"cannot read .*b\.json"):
        read_proxy(tmp_path / "b.json", ())


@pytest.mark.skipif("HEADPOSE_MAKEHUMAN" not in os.environ, reason="HEADPOSE_MAKEHUMAN names no asset pack")
def test_the_core_assets_open():
    opened = AssetPack.open(os.environ["HEADPOSE_MAKEHUMAN"])
    assert len(opened.skins) >= 18
    for kind, names in opened.names.items():
        for name in names:
            part = opened.proxy(kind, name)
            used = part.weights != 0
            np.testing.assert_allclose(part.weights.sum(axis=1), 1, atol=2e-2)
            assert part.references[used].max() < 19158
