"""Puts trained weights into the program: ``python -m training.ship RUN/best.safetensors --name repnext_m0``.

The file is the network in training form, so that it can be trained on and folded. Large kernels are stored in half
precision, small tensors and BatchNorm statistics in full; how many are small is decided by the rotations, which must be
within 0.02° of those before. Its card lies beside it; `headpose card` puts the figures there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import weights
from runtime.artifact import sha256_of
from runtime.atomic import check_new, make_folder, replacing
from runtime.errors import HeadPoseError, unknown_name
from runtime.provenance import git_state
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.card_record import Card, Rounding, card_text
from training.card_text import markdown
from training.data.synthetic.head import NEUTRAL_PITCH_DEG
from training.models.checkpoints import LoadedCheckpoint, open_checkpoint, packed
from training.models.formats import read
from training.models.shipped import SHIPPED
from training.models.sixdrepnet import SixDRepNet
from training.models.turned import turned
from training.run_facts import RENDERED_LICENCE, rendered_origin, run_stages

LIMIT_DEG = 0.02
_FIRST_KEPT = 4096  # numbers of the smallest kernels that are halved, at first
_HEADS, _SEED = 8, 7
_BATCH = 8


def ship(
    checkpoint: str | Path,
    name: str,
    *,
    folder: str | Path | None = None,
    training_data: str | None = None,
    licence: str | None = None,
    rendered: Sequence[str | Path] = (),
    neutral_pitch_deg: float | None = None,
    overwrite: bool = False,
) -> Card:
    """Write <name>.safetensors, its card <name>.json and <name>.md.

    Args:
        checkpoint: a pose network in training form, usually best.safetensors of a run.
        name: its backbone: the name that `training.models.shipped` looks for.
        folder: where they go; None takes the program's own folder of weights.
        training_data: what the weights were fitted to; None finds out from the run folder.
        licence: of the weights; None is Apache-2.0 where all training data was rendered from free assets.
        rendered: folders of the rendered sets in the order of the runs, if they are not where the runs read them.
        neutral_pitch_deg: `head.NEUTRAL_PITCH_DEG` of the training labels; None reads it from the last rendered set,
            and takes today's where that does not tell. The answers are turned by what it differs from today's.
        overwrite: replace weights that are there already.

    Raises:
        HeadPoseError: no training form, another backbone, training data that is not known to be free and not told,
            files that exist already, a disk that is full.
    """
    if name not in SHIPPED.values():
        raise unknown_name("name of shipped weights", name, SHIPPED.values())
    place = Path(folder or weights.FOLDER)
    for suffix in (".safetensors", ".json"):
        check_new(place / f"{name}{suffix}", overwrite=overwrite)
    loaded = open_checkpoint(checkpoint, name)
    if loaded.form != "train":
        raise HeadPoseError(f"{checkpoint} is folded: give the network in training form, as best.safetensors has it")
    card = draft_card(Path(checkpoint), loaded, training_data=training_data, licence=licence, rendered=rendered)
    turn_deg = NEUTRAL_PITCH_DEG - _trained_pitch(card, neutral_pitch_deg)
    network = turned(loaded.model, euler_to_rotation(-turn_deg, 0.0, 0.0)) if turn_deg else loaded.model
    card = replace(card, turned_pitch_deg=turn_deg)
    tensors, rounding = halved(network, loaded.image_size)
    return _write(make_folder(place), card, rounding, packed(tensors, _header(card)), overwrite=overwrite)


def _trained_pitch(card: Card, given: float | None) -> float:
    """The neutral pitch that the training labels count from, degrees."""
    if given is not None:
        return given
    rendered = [stage.rendered or {} for stage in card.stages]
    found = [facts["neutral_pitch_deg"] for facts in rendered if "neutral_pitch_deg" in facts]
    return float(found[-1]) if found else NEUTRAL_PITCH_DEG


def draft_card(
    checkpoint: Path,
    loaded: LoadedCheckpoint,
    *,
    training_data: str | None = None,
    licence: str | None = None,
    rendered: Sequence[str | Path] = (),
) -> Card:
    """The card of a checkpoint file as it is, without figures; see `ship` for the arguments.

    Raises HeadPoseError if its training data is not known to be free and not told.
    """
    stages = run_stages(checkpoint, [Path(one) for one in rendered])
    if loaded.info.trained and (training_data is None or licence is None):
        training_data, licence = training_data or rendered_origin(stages), licence or _own_licence(stages)
    return Card(
        name=loaded.backbone,
        file=checkpoint.name,
        sha256=loaded.info.sha256,
        size_bytes=checkpoint.stat().st_size,
        backbone=loaded.backbone,
        parameters=sum(p.numel() for p in loaded.model.parameters()),
        input_size=loaded.image_size,
        framing=str(read(checkpoint).metadata.get("framing", "runtime")),
        trained=loaded.info.trained,
        training_data=training_data or loaded.info.training_data,
        licence=licence or loaded.info.licence,
        stages=stages,
        rounding=None,
        git=git_state(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _own_licence(stages: Sequence[Any]) -> str:
    rendered_origin(stages)  # raises if there is more in the weights
    return RENDERED_LICENCE


def _header(card: Card) -> dict[str, Any]:
    last = card.stages[-1] if card.stages else None
    return {
        "name": card.name,
        "backbone": card.backbone,
        "trained": card.trained,
        "training_data": card.training_data,
        "licence": card.licence,
        "image_size": card.input_size,
        "framing": card.framing,
        "commits": list(last.commits) if last else [],
        "recipe": last.config if last else {},
        "from_sha256": card.sha256,
    }


def halved(network: SixDRepNet, size: int) -> tuple[dict[str, Tensor], Rounding]:
    """Tensors with the large kernels in half precision, and what that did to the rotations.

    Tensors that fp16 cannot hold stay in fp32, and so do the small ones: ever more of them until the rotations of
    pictures of `size` pixels are within `LIMIT_DEG`. The network itself is left as it is.
    """
    copy, images = deepcopy(network).eval(), proof_images(size)
    state = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    before = _rotations(copy, state, images)

    def moved(tensors: dict[str, Tensor]) -> np.ndarray:
        return np.asarray(geodesic_deg(_rotations(copy, tensors, images), before))

    kept = _FIRST_KEPT
    rounded = {name: _halved(tensor, kept) for name, tensor in state.items()}
    while moved(rounded).max() > LIMIT_DEG:
        kept *= 2
        rounded = {name: _halved(tensor, kept) for name, tensor in state.items()}
    rounded, smaller = _with_smaller(state, rounded, kept, moved)
    errors = moved(rounded)
    facts = (round(float(errors.max()), 6), round(float(errors.mean()), 6), len(images), kept, smaller)
    return rounded, Rounding(*facts)


def _with_smaller(
    state: dict[str, Tensor],
    rounded: dict[str, Tensor],
    kept: int,
    moved: Callable[[dict[str, Tensor]], np.ndarray],
) -> tuple[dict[str, Tensor], int]:
    """Also halves those of the next smaller tensors that fit within the limit, one after the other; and how many."""
    count = 0
    if kept == _FIRST_KEPT:
        return rounded, count
    for name, tensor in state.items():
        if kept // 2 <= tensor.numel() < kept:
            tried = {**rounded, name: _halved(tensor, kept // 2)}
            if tried[name].dtype != tensor.dtype and moved(tried).max() <= LIMIT_DEG:
                rounded, count = tried, count + 1
    return rounded, count


def _halved(tensor: Tensor, kept: int) -> Tensor:
    """A kernel of `kept` numbers or more in fp16, if fp16 can hold it; anything else as it is."""
    if not tensor.is_floating_point() or tensor.ndim < 2 or tensor.numel() < kept:
        return tensor
    half = tensor.half()
    return half if bool(torch.isfinite(half).all()) else tensor


def _rotations(network: SixDRepNet, state: dict[str, Tensor], images: Tensor) -> np.ndarray:
    network.load_state_dict(state)
    with torch.inference_mode():
        return np.concatenate([network(part).numpy() for part in images.split(_BATCH)]).astype(np.float64)


def proof_images(size: int) -> Tensor:
    """Normalised (N, 3, S, S): drawn heads in known poses, black, white, noise and a checkerboard."""
    from training.data.drawn_heads import DrawnHeads
    from training.faces import FramedFaces
    from training.session import normalize

    faces = FramedFaces(DrawnHeads(_HEADS, _SEED), "square", size)
    noise = np.random.default_rng(_SEED).integers(0, 256, (size, size, 3), dtype=np.uint8)
    board = np.where(np.indices((size, size)).sum(axis=0)[..., None] % 2, 255, np.zeros(3, np.int64)).astype(np.uint8)
    edges = [np.zeros_like(noise), np.full_like(noise, 255), noise, board]
    return normalize(np.stack([*(faces.crops(index)[0] for index in range(_HEADS)), *edges]))


def _write(folder: Path, draft: Card, rounding: Rounding, data: bytes, *, overwrite: bool) -> Card:
    """The three files, each beside its place and then renamed; the hash in the card tells if they belong together."""
    file = folder / f"{draft.name}.safetensors"
    with replacing(file, overwrite=overwrite) as part:
        part.write_bytes(data)
        card = replace(draft, file=file.name, sha256=sha256_of(part), size_bytes=len(data), rounding=rounding)
    write_card(folder / f"{draft.name}.json", card, overwrite=overwrite)
    return card


def write_card(path: Path, card: Card, *, overwrite: bool) -> None:
    """Write a card as JSON, and beside it as Markdown; HeadPoseError if the JSON exists and may not be replaced."""
    check_new(path, overwrite=overwrite)
    with replacing(path.with_suffix(".md")) as part:
        part.write_text(markdown(card), encoding="utf-8")
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(card_text(card), encoding="utf-8")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("checkpoint", metavar="FILE", help="pose network in training form: best.safetensors of a run")
    parser.add_argument("--name", required=True, help=f"what it is shipped as: {', '.join(SHIPPED.values())}")
    parser.add_argument("--out", metavar="DIR", help="where it goes (default: the program's own folder of weights)")
    parser.add_argument("--training-data", metavar="TEXT", help="what it was trained on (default: from the run folder)")
    parser.add_argument("--licence", metavar="TEXT", help=f"of the weights (for rendered heads: {RENDERED_LICENCE})")
    parser.add_argument(
        "--rendered", metavar="DIR", action="append", default=[], help="where a run's rendered set is now, in order"
    )
    parser.add_argument(
        "--neutral-pitch", metavar="DEG", type=float, help="of the training labels, where their set does not tell"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace weights that are there already")


def run(args: argparse.Namespace) -> int:
    """Ship and tell; 0 when done."""
    card = ship(
        args.checkpoint,
        args.name,
        folder=args.out,
        training_data=args.training_data,
        licence=args.licence,
        rendered=args.rendered,
        neutral_pitch_deg=args.neutral_pitch,
        overwrite=args.overwrite,
    )
    assert card.rounding is not None
    print(
        f"{card.file}: {card.size_bytes / 1e6:.1f} MB, {card.parameters / 1e6:.2f} M parameters; rotations moved by at "
        f"most {card.rounding.max_deg:.4f}° (mean {card.rounding.mean_deg:.4f}°, {card.rounding.images} pictures)\n"
        f"trained: {card.trained}; {card.training_data}; {card.licence}\n"
        f"now measure it:  headpose card default-{card.name.rpartition('_')[2]} --held-out DIR"
    )
    return 0


def main(argv: list[str] | None = None) -> int:
    """``python -m training.ship``."""
    import sys

    from runtime.command_line import run_command

    arguments = sys.argv[1:] if argv is None else argv
    return run_command(sys.modules[__name__], "python -m training.ship", "Ship trained weights.", arguments)


if __name__ == "__main__":
    raise SystemExit(main())
