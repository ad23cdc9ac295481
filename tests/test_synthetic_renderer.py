"""Pictures of the renderer against geometry that can be computed: silhouettes, projected points, shadows, mixtures."""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError, MissingDependencyError
from runtime.rotation import euler_to_rotation, from_opencv, geodesic_deg
from training.data.synthetic import renderer as module
from training.data.synthetic.camera import Camera, from_ray, head_matrix, toward_ray
from training.data.synthetic.lighting import Light, drawn_environment, scaled_sh, sh_from_environment
from training.data.synthetic.mesh import Topology
from training.data.synthetic.parts import Material, Part, Scene
from training.data.synthetic.shadow_map import shadow_map
from training.data.synthetic.textures import detail_tile, prepared_texture

SIZE = 224
MATT = Material(specular=0.0, subsurface=0.0)
EVEN = scaled_sh(sh_from_environment(np.ones((8, 16, 3))), 0.5)
DARK = np.zeros((9, 3))
CAMERA = Camera(25, 1.0)
BLACK = np.zeros((SIZE, SIZE, 3), np.uint8)


@pytest.fixture(scope="module")
def renderer():
    pytest.importorskip("moderngl", reason="moderngl is not installed, so nothing that is rendered is tested")
    try:
        made = module.Renderer(SIZE)
    except HeadPoseError as error:
        pytest.skip(f"NOTHING THAT IS RENDERED IS TESTED: {error}")
    with made:
        yield made


@pytest.fixture(scope="module")
def large(renderer):
    """So many pixels that the dots, not the pixels, are what a tenth of a degree is measured by."""
    with module.Renderer(512) as made:
        yield made


def ellipsoid(radii, rows=48, columns=96):
    """Vertices and a topology whose texture wraps once around, its middle in front."""
    polar, around = np.linspace(0, np.pi, rows + 1), np.linspace(-np.pi, np.pi, columns + 1)
    t, p = np.meshgrid(polar, around, indexing="ij")
    unit = np.stack([np.sin(t) * np.sin(p), np.cos(t), np.sin(t) * np.cos(p)], axis=-1).reshape(-1, 3)
    uv = np.stack([p / (2 * np.pi) + 0.5, 1 - t / np.pi], axis=-1).reshape(-1, 2).astype(np.float32)
    first = np.arange(rows * (columns + 1)).reshape(rows, columns + 1)[:, :-1].ravel()
    below = first + columns + 1
    triangles = np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])
    topology = Topology(triangles.astype(np.int32), uv, triangles.astype(np.int32))
    return (unit * radii).astype(np.float32), topology


def quads(*places):
    """Squares (x, y, z, half side) that face the eye, one mesh of two triangles each."""
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float32)
    vertices = [np.c_[square * half + [x, y], np.full(4, z)] for x, y, z, half in places]
    triangles = np.concatenate([np.array([[0, 1, 2], [0, 2, 3]]) + 4 * i for i in range(len(places))]).astype(np.int32)
    uv = np.tile((square + 1) / 2, (len(places), 1)).astype(np.float32)
    return np.concatenate(vertices).astype(np.float32), Topology(triangles, uv, triangles)


def scene(*parts, camera=CAMERA, lights=(), sh=EVEN, background=BLACK):
    return Scene(tuple(parts), camera, tuple(lights), sh, background)


def linear(rgb):
    v = rgb.astype(np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


RADII = np.array([0.075, 0.11, 0.09])
DOTS = [(u, v) for v in (0.35, 0.5, 0.64) for u in (0.3, 0.42, 0.5, 0.57, 0.71)]


def dotted(dots):
    """A black texture with a red, a green and a blue dot."""
    height, width = 512, 1024
    y, x = np.mgrid[:height, :width] + 0.5
    picture = np.zeros((height, width, 3), np.uint8)
    for channel, (u, v) in enumerate(dots):
        # round on the head: the texture is stretched towards the poles
        away = np.hypot((x / width - u) * 2 * np.pi * np.sin(np.pi * v), (1 - y / height - v) * np.pi)
        picture[..., channel] = np.clip((0.05 - away) * 5000, 0, 255).astype(np.uint8)
    return picture


def on_head(u, v):
    around, polar = (u - 0.5) * 2 * np.pi, (1 - v) * np.pi
    return RADII * [np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)]


POSES = {
    "frontal": ((0, 0, 0), Camera(20, 1.0), (0, 0)),
    "turned": ((15, -40, 10), Camera(20, 1.0), (0, 0)),
    "looking down": ((-30, 25, -20), Camera(45, 0.5), (0.1, 0.1)),
    "off the axis": ((10, 30, 15), Camera(60, 0.55), (0.6, -0.5)),
    "off the axis, straight": ((0, 0, 0), Camera(60, 0.55), (-0.6, 0.4)),
    "cut out of a larger picture": ((-10, 35, -25), Camera(25, 0.9, (-1.2, 0.8)), (0.1, -0.1)),
}


@pytest.mark.parametrize(("angles", "camera", "place"), POSES.values(), ids=POSES)
def test_the_label_is_found_again_from_the_picture(large, angles, camera, place):
    import cv2

    label, position = euler_to_rotation(*angles), camera.place(*place)
    model = head_matrix(from_ray(label, position), position)
    vertices, topology = ellipsoid(RADII, 64, 128)
    known, found, night = [], [], np.zeros((large.size, large.size, 3), np.uint8)
    for start in range(0, len(DOTS), 3):
        trio = DOTS[start : start + 3]
        large.add_texture(f"dots {start}", dotted(trio))
        picture = linear(
            large.render(
                scene(Part(vertices, topology, f"dots {start}", MATT, model), camera=camera, background=night)
            ).rgb
        )
        for channel, dot in enumerate(trio):
            point = on_head(*dot)
            seen = model[:3, :3] @ point + model[:3, 3]
            facing = (model[:3, :3] @ (point / RADII**2)) @ -seen
            weight = picture[..., channel]
            if facing > 0.45 * np.linalg.norm(point / RADII**2) * np.linalg.norm(seen):
                y, x = np.mgrid[: large.size, : large.size] + 0.5
                known.append(point * [1, -1, -1])
                found.append([(x * weight).sum() / weight.sum(), (y * weight).sum() / weight.sum()])
    assert len(known) >= 6
    matrix = camera.intrinsics(large.size)
    _, turn, shift = cv2.solvePnP(np.array(known), np.array(found) - 0.5, matrix, None)
    rotation = from_opencv(cv2.Rodrigues(turn)[0])
    recovered = toward_ray(rotation, shift[:, 0] * [1, -1, -1])
    assert geodesic_deg(recovered, label) <= 0.1


@pytest.mark.parametrize("place", [(0, 0), (0.4, -0.3)], ids=["on the axis", "off the axis"])
def test_the_coverage_of_a_ball_is_its_silhouette(renderer, place):
    camera, radius = Camera(40, 0.6), 0.09
    position = camera.place(*place)
    vertices, topology = ellipsoid(np.full(3, radius), 64, 128)
    drawn = renderer.render(
        scene(Part(vertices, topology, None, MATT, head_matrix(np.eye(3), position)), camera=camera)
    )
    sine2 = radius**2 / (position @ position)
    cosine2 = position[2] ** 2 / (position @ position)
    # the cone around the ball cuts the picture's plane in an ellipse
    long_axis = np.sqrt(sine2 * (1 - sine2)) / (cosine2 - sine2)
    short_axis = np.sqrt(sine2 / (cosine2 - sine2))
    area = np.pi * long_axis * short_axis * (SIZE / 2 / camera.half_width) ** 2
    assert drawn.coverage.sum() == pytest.approx(area, rel=0.01)


def ball_scene(light, sh=DARK, material=MATT, **more):
    vertices, topology = ellipsoid(np.full(3, 0.12))
    return scene(
        Part(vertices, topology, None, material, head_matrix(np.eye(3), CAMERA.place())), lights=light, sh=sh, **more
    )


@pytest.mark.parametrize(
    ("direction", "brighter"),
    [
        ((-1, 0, 0.3), np.s_[:, :112]),
        ((1, 0, 0.3), np.s_[:, 112:]),
        ((0, 1, 0.3), np.s_[:112]),
        ((0, -1, 0.3), np.s_[112:]),
    ],
    ids=["left", "right", "above", "below"],
)
def test_a_light_brightens_its_own_side(renderer, direction, brighter):
    first = renderer.render(ball_scene([Light(direction, (1, 1, 1))])).rgb.astype(float)
    second = renderer.render(ball_scene([Light((0, 0, 1), (0, 0, 0)), Light(direction, (1, 1, 1))])).rgb.astype(float)
    for picture in (first, second):  # as the main light and as another
        assert picture[brighter].mean() > 1.8 * (picture.mean() * 2 - picture[brighter].mean())


def test_ambient_light_falls_as_the_harmonics_say(renderer):
    panorama = drawn_environment(np.random.default_rng(4), "studio")
    sh = scaled_sh(sh_from_environment(panorama), 0.3)
    picture = linear(renderer.render(ball_scene([], sh)).rgb)
    from training.data.synthetic.lighting import irradiance

    for x, y in ((0.0, 0.0), (-0.6, 0.3), (0.5, -0.5)):  # of the ball's radius, as seen from afar
        normal = np.array([x, y, np.sqrt(1 - x * x - y * y)])
        at = CAMERA.project([CAMERA.place() + 0.12 * normal], SIZE)[0].astype(int)
        sent = irradiance(sh, normal) / np.pi
        np.testing.assert_allclose(
            picture[at[1], at[0]], sent * (1 + 0.04 * sent) / (1 + 0.2 * sent), rtol=0.05, atol=0.01
        )


def test_a_shadow_falls_where_the_light_is_held_up(renderer):
    wall, wall_topology = quads((0, 0, -1.1, 0.15))
    ball, ball_topology = ellipsoid(np.full(3, 0.02), 24, 48)
    towards = np.array([-0.6, 0.5, 1.0])
    shaded = np.array([0.05, -0.05, -1.1])
    model = head_matrix(np.eye(3), shaded + 0.1 * towards)
    parts = Part(wall, wall_topology, None, MATT), Part(ball, ball_topology, None, MATT, model)
    light = [Light(tuple(towards), (0.8, 0.8, 0.8))]
    picture = renderer.render(scene(*parts, lights=light, sh=DARK)).rgb[..., 0].astype(float)
    bare = renderer.render(scene(parts[0], lights=light, sh=DARK)).rgb[..., 0].astype(float)
    x, y = CAMERA.project([shaded], SIZE)[0].astype(int)
    assert picture[y, x] < 0.05 * bare[y, x]
    beside = CAMERA.project(shaded + np.array([[0.04, 0, 0], [-0.04, -0.04, 0], [0, -0.04, 0]]), SIZE).astype(int)
    assert all(picture[v, u] == bare[v, u] > 100 for u, v in beside)


def test_a_bare_surface_does_not_shade_itself(renderer):
    light = [Light((0.3, 0.4, 1), (0.7, 0.7, 0.7))]
    lit = linear(renderer.render(ball_scene(light)).rgb)
    with module.Renderer(SIZE, shadow_size=0) as plain:
        truth = linear(plain.render(ball_scene(light)).rgb)
    assert truth.max() > 0.5
    assert np.abs(lit - truth)[truth > 0.15].max() < 0.01
    assert np.abs(lit - truth).max() < 0.04  # where the light grazes, there is little of it to be lost


def test_gloss_is_weaker_on_dark_skin(renderer):
    light = [Light((-0.4, 0.5, 1), (1, 1, 1))]

    def gloss(tint):
        pictures = [
            linear(renderer.render(ball_scene(light, material=Material(specular=s, tint=(tint,) * 3))).rgb)
            for s in (0, 1)
        ]
        return (pictures[1] - pictures[0]).max()

    assert 0.005 < gloss(0.03) < 0.6 * gloss(0.5)


def test_detail_changes_the_look_but_not_the_light(renderer):
    light = [Light((-0.8, 0.3, 1), (0.6, 0.6, 0.6))]
    plain, rough = (
        linear(renderer.render(ball_scene(light, EVEN, Material(detail=d, tint=(0.4, 0.3, 0.2)))).rgb)
        for d in (0.0, 0.6)
    )
    assert np.abs(plain - rough).max() > 0.02
    assert rough.mean() == pytest.approx(plain.mean(), rel=0.03)


def test_the_background_comes_through_unchanged(renderer):
    background = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    drawn = renderer.render(scene(background=background))
    assert (drawn.rgb == background).all()
    assert (drawn.coverage == 0).all()


def test_a_half_clear_part_mixes_in_linear_light(renderer):
    renderer.add_texture("veil", np.full((4, 4, 4), (255, 255, 255, 128), np.uint8))
    vertices, topology = quads((0, 0, -1.0, 0.1))
    white = np.full((SIZE, SIZE, 3), 255, np.uint8)
    veil = Part(vertices, topology, "veil", Material(0.0, subsurface=0.0, tint=(0, 0, 0), alpha="blend"))
    drawn = renderer.render(scene(veil, background=white))
    assert drawn.coverage[112, 112] == pytest.approx(128 / 255, abs=0.005)
    np.testing.assert_allclose(linear(drawn.rgb[112, 112]), 127 / 255, atol=0.006)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["far first", "near first"])
def test_blended_triangles_are_sorted_by_distance(renderer, order):
    half = np.zeros((8, 8, 4), np.uint8)
    half[..., 3] = 200
    half[:, :, 0], half[:, :, 1] = 255, 0
    half[4:, :, 0], half[4:, :, 1] = 0, 255
    renderer.add_texture("two colours", half)  # its lower half is green
    places = [(0, 0, -1.05, 0.1), (0, 0.1, -0.95, 0.1)]  # the near one's green half hides the far one's red half
    vertices, topology = quads(*[places[i] for i in order])
    part = Part(vertices, topology, "two colours", Material(0.0, subsurface=0.0, alpha="blend"))
    red, green, _ = renderer.render(scene(part)).rgb[100, 112]
    assert green > 1.5 * red


def test_cut_out_edges_are_smooth_and_the_rest_is_whole(renderer):
    disc = np.zeros((128, 128, 4), np.uint8)
    y, x = np.mgrid[:128, :128] - 63.5
    disc[..., 3] = np.clip((48 - np.hypot(x, y)) * 40 + 128, 0, 255).astype(np.uint8)
    disc[..., :3] = 200
    renderer.add_texture("disc", disc)
    vertices, topology = quads((0, 0, -1.0, 0.15))
    part = Part(vertices, topology, "disc", Material(0.0, subsurface=0.0, alpha="cutout"))
    coverage = renderer.render(scene(part)).coverage
    radius = 48 / 64 * 0.15 / CAMERA.half_width * SIZE / 2
    assert coverage.sum() == pytest.approx(np.pi * radius**2, rel=0.01)
    partly = ((coverage > 0.02) & (coverage < 0.98)).sum()
    assert np.pi * radius < partly < 6 * np.pi * radius
    assert coverage[112, 112] == 1


def test_backs_are_drawn_where_they_are_asked_for(renderer):
    vertices, topology = quads((0, 0, -1.0, 0.1))
    turned = Topology(topology.triangles[:, ::-1].copy(), topology.uv, topology.uv_triangles[:, ::-1].copy())
    assert renderer.render(scene(Part(vertices, turned, None, MATT))).coverage.max() == 0
    both = Material(0.0, subsurface=0.0, two_sided=True)
    back, front = (renderer.render(scene(Part(vertices, t, None, both))) for t in (turned, topology))
    assert (back.rgb == front.rgb).all()
    assert back.coverage.max() == 1


def test_a_topology_that_occurs_twice_keeps_both_shapes(renderer):
    vertices, topology = quads((-0.1, 0, -1.0, 0.05))
    drawn = renderer.render(scene(*(Part(vertices + np.float32([x, 0, 0]), topology, None, MATT) for x in (0, 0.2))))
    apart = [renderer.render(scene(Part(vertices + np.float32([x, 0, 0]), topology, None, MATT))) for x in (0, 0.2)]
    assert (drawn.rgb == np.maximum(apart[0].rgb, apart[1].rgb)).all()


def test_two_renders_are_equal_bit_for_bit(renderer):
    sh = sh_from_environment(drawn_environment(np.random.default_rng(1))) * 0.3
    one = ball_scene(
        [Light((-1, 0.4, 0.6), (1, 0.9, 0.8)), Light((1, 0, 0.2), (0.2, 0.2, 0.3))], sh, Material(detail=0.5)
    )
    first = renderer.render(one)
    renderer.render(ball_scene([Light((1, 0, 0), (1, 0, 0))]))
    again = renderer.render(one)
    assert (first.rgb == again.rgb).all()
    assert (first.coverage == again.coverage).all()
    with module.Renderer(SIZE) as other:
        assert (other.render(one).rgb == first.rgb).all()
    assert (renderer.render(one).rgb == first.rgb).all()  # after another context was closed


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory is read from /proc")
def test_hundreds_of_renders_leave_nothing_behind(renderer):
    def megabytes():
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

    vertices, base = ellipsoid(np.full(3, 0.02), 40, 80)  # 0.3 MB on the card each
    with module.Renderer(32, shadow_size=64) as small:
        for index in range(320):
            if index == 200:  # more than the topologies that are kept
                before = megabytes()
            topology = Topology(base.triangles.copy(), base.uv, base.uv_triangles)
            small.add_texture(str(index), np.full((256, 256, 3), index % 256, np.uint8))
            small.render(
                scene(
                    Part(vertices + np.float32([0, 0, -1]), topology, str(index), MATT),
                    lights=[Light((0, 1, 1), (1, 1, 1))],
                    background=BLACK[:32, :32],
                )
            )
            small.drop_texture(str(index))
        assert megabytes() - before < 12


BAD = {
    "no triangle": (lambda v, t: Part(v, Topology(t.triangles[:0], t.uv, t.uv_triangles[:0])), "nothing to draw"),
    "no vertex": (lambda v, t: Part(v[:0], t), "nothing to draw"),
    "not a number": (lambda v, t: Part(v * np.float32("nan"), t), "no number"),
    "too few vertices": (lambda v, t: Part(v[:3], t), "beyond its 3 vertices"),
    "normals of another mesh": (lambda v, t: Part(v, t, normals=v[:2]), "do not fit"),
    "missing texture": (lambda v, t: Part(v, t, "nowhere"), "texture 'nowhere' was not uploaded"),
}


@pytest.mark.parametrize(("make", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_drawn_is_said(renderer, make, said):
    with pytest.raises(HeadPoseError, match=said):
        renderer.render(scene(make(*quads((0, 0, -1, 0.1)))))


def test_a_triangle_of_no_area_is_no_harm(renderer):
    vertices, topology = quads((0, 0, -1, 0.1))
    vertices[:] = vertices[0]
    assert renderer.render(scene(Part(vertices, topology))).coverage.max() == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"background": BLACK[:100]}, "does not fit"),
        ({"lights": [Light((0, 0, 1), (1, 1, 1))] * 4}, "too many"),
        ({"sh": np.zeros(9)}, "ambient light"),
    ],
)
def test_a_scene_that_does_not_fit_is_refused(renderer, change, said):
    with pytest.raises(HeadPoseError, match=said):
        renderer.render(scene(**change))


def test_a_texture_of_another_kind_is_refused(renderer):
    with pytest.raises(HeadPoseError, match="texture 'grey'"):
        renderer.add_texture("grey", np.zeros((4, 4), np.uint8))


def test_a_material_of_unknown_alpha_is_refused():
    with pytest.raises(HeadPoseError, match="opaque, cutout, blend"):
        Material(alpha="glass")


def test_no_egl_is_one_sentence(monkeypatch):
    moderngl = pytest.importorskip("moderngl")

    def broken(**_):
        raise Exception("(standalone) eglInitialize failed")

    monkeypatch.setattr(moderngl, "create_context", broken)
    with pytest.raises(HeadPoseError, match=r"eglInitialize failed.*apt-get install libegl1 libgl1-mesa-dri"):
        module.Renderer()


def test_no_moderngl_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(MissingDependencyError, match="synth"):
        module.Renderer()


def test_transparent_pixels_take_the_colour_of_their_neighbours():
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[10:20, 10:20] = (180, 90, 40, 255)
    ready = prepared_texture(picture, "strand")
    assert (ready[..., 3] == picture[::-1, :, 3]).all()
    assert np.abs(ready[..., :3].astype(int) - [180, 90, 40]).max() <= 2


def test_the_detail_repeats_and_is_balanced():
    tile = detail_tile().astype(float)
    np.testing.assert_allclose(tile.mean((0, 1)), 127.5, atol=1)
    inner = np.abs(np.diff(tile, axis=1)).mean()
    assert np.abs(tile[:, 0] - tile[:, -1]).mean() < 1.3 * inner  # no seam


def test_the_shadow_map_holds_all_that_is_seen():
    points = CAMERA.place() + np.random.default_rng(0).uniform(-0.15, 0.15, (500, 3))
    for direction in ((0, 1, 0), (1, 0.2, 0.3), (0, 0, 1), (-0.3, -0.8, -0.5)):
        where = shadow_map(direction, points, CAMERA)
        at = points @ where.matrix[:3, :3].T + where.matrix[:3, 3]
        assert np.abs(at).max() <= 1
        assert np.abs(at[:, :2]).max() > 0.9
        towards = points[0] + 0.01 * np.array(direction) / np.linalg.norm(direction)
        moved = towards @ where.matrix[:3, :3].T + where.matrix[:3, 3] - at[0]
        np.testing.assert_allclose(moved, [0, 0, -0.02 / where.depth], atol=1e-9)
