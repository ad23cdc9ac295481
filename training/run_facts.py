"""What a run folder tells of the weights in it, back to the first run where one run started from another's weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from runtime.errors import HeadPoseError
from training.card_record import Stage
from training.run_folder import RunFolder

RENDERED_LICENCE = "Apache-2.0 (weights trained on rendered heads of CC0 assets)"
_OWN = ("drawn", "sample")  # backgrounds that are drawn, or sample pictures under CC0 and of the public domain
_PATHS = ("data_dir", "filename_list", "backbone_weights", "snapshot", "output_dir", "copy_to")
_LONGEST_CHAIN = 20
_CATALOGUE = "catalogue"


def run_stages(checkpoint: Path, rendered: Sequence[Path] = ()) -> tuple[Stage, ...]:
    """The runs behind a checkpoint, the first one first; () if it does not lie in a run folder.

    Where the first run started from weights that the program ships, the runs behind those come first, as their card has
    them; not if they were shipped after that run began, for then it started from others of that name.

    Args:
        checkpoint: file of a run folder.
        rendered: folders of rendered sets (their manifest.json is enough) in the order of the runs, or one for all of
            them, where they are not where the runs read them.

    Raises:
        HeadPoseError: a config that is no recipe, a folder in `rendered` that is no rendered set.
    """
    folders: list[tuple[Path, dict[str, Any]]] = []
    place = checkpoint.parent
    while len(folders) < _LONGEST_CHAIN and (config := _config(place)) is not None:
        folders.insert(0, (place, config))
        if not config.get("snapshot"):
            break
        place = Path(config["snapshot"]).parent
    given = list(rendered) * len(folders) if len(rendered) == 1 else list(rendered)
    sets: list[Path | None] = [*given[: len(folders)], *[None] * (len(folders) - len(given))]
    own = tuple(_stage(place, config, given) for (place, config), given in zip(folders, sets, strict=True))
    return (*_shipped_before(*folders[0]), *own) if folders else ()


def _shipped_before(folder: Path, config: dict[str, Any]) -> tuple[Stage, ...]:
    """The runs behind the shipped weights that a run started from; () if it did not, or they are others now."""
    from training.models.shipped import SHIPPED, shipped_cards

    card = shipped_cards().get(SHIPPED.get(str(config.get("snapshot")), ""))
    starts = _json(folder / "run.json").get("starts") or [{}]
    if card is None or "time" not in starts[0]:
        return ()
    return card.stages if datetime.fromisoformat(card.created) <= datetime.fromisoformat(starts[0]["time"]) else ()


def _config(folder: Path) -> dict[str, Any] | None:
    """Settings of a run folder, with every field of the config; None if it is no run folder."""
    from training.config import TrainConfig, read_recipe, with_values

    file = folder / "config.yaml"
    return with_values(TrainConfig(), read_recipe(str(file)), str(file)).to_dict() if file.is_file() else None


def _stage(folder: Path, config: dict[str, Any], given: Path | None) -> Stage:
    starts = _json(folder / "run.json").get("starts") or [{}]
    summary, last = _json(RunFolder(folder).summary), starts[-1]
    data = last.get("data", {})
    return Stage(
        config={name: _last_part(value) if name in _PATHS else value for name, value in config.items()},
        data=data.get("name", config["dataset"]),
        train=data.get("train", 0),
        held_out=data.get("held_out", 0),
        commits=tuple(dict.fromkeys(_commit(start["git"]) for start in starts if "git" in start)),
        machine=", ".join(last.get("gpus") or [f"{last.get('cpus', 'unknown')} CPUs"]),
        rendered=rendered_parameters(given) if given else _rendered(Path(config["data_dir"])),
        images=summary.get("images"),
        seconds=summary.get("seconds"),
        best_epoch=summary.get("best_epoch"),
    )


def _commit(git: dict[str, Any]) -> str:
    return f"{git['commit']}{' with uncommitted changes' if git['dirty'] else ''}"


def _last_part(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) else value


def _json(file: Path) -> dict[str, Any]:
    """{} where there is none: a run that was stopped has no summary."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise HeadPoseError(f"{file} cannot be read ({error}): the run folder is damaged") from error


def _rendered(folder: Path) -> dict[str, Any] | None:
    return rendered_parameters(folder) if (folder / "manifest.json").is_file() else None


def rendered_parameters(folder: Path) -> dict[str, Any]:
    """What a set of `headpose synth` was rendered with; of its catalogue how many there are of each.

    'foreign' names the folders of backgrounds and panoramas that do not come with the program.

    Raises HeadPoseError if the folder is no rendered set.
    """
    file = folder / "manifest.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        parameters = dict(found["parameters"])
        catalogue = parameters.pop(_CATALOGUE)
        sources = {str(name).split("/")[0] for name in catalogue["backgrounds"]} - set(_OWN)
        sources |= {str(name).split("/")[0] for name in catalogue["environments"] if "/" in str(name)}
        low, high = catalogue["identities"]
        counts = {name: len(catalogue[name]) for name in ("skins", "hair", "backgrounds")}
        return {
            **parameters,
            "hash": str(found["hash"]),
            **counts,
            "people": high - low,
            "foreign": sorted(sources),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HeadPoseError(f"{folder} is no set of  headpose synth ({reason}): give the folder of one") from error


def rendered_origin(stages: Sequence[Stage]) -> str:
    """Training data in words, where all of it was rendered from free assets alone.

    Raises HeadPoseError that says what else is in the weights, or what is not known of them.
    """
    if reason := _doubt(stages):
        raise HeadPoseError(f"{reason}: say what the weights were trained on with --training-data and --licence")
    sets = {stage.rendered["hash"]: int(stage.rendered["count"]) for stage in stages if stage.rendered}
    return f"{sum(sets.values())} heads rendered by headpose synth (MakeHuman geometry and core assets, CC0)"


def _doubt(stages: Sequence[Stage]) -> str:
    """Why it is not known that all training data was rendered from free assets; '' if it is."""
    if not stages:
        return "the checkpoint does not lie in a run folder with its config.yaml"
    for stage in stages:
        if stage.config["backbone_weights"]:
            return f"a run started from the weights {stage.config['backbone_weights']}"
        if stage.rendered is None:
            return f"the data set {stage.data} of a run is no rendered set that is there (--rendered tells where it is)"
        if foreign := stage.rendered["foreign"]:
            return (
                f"the rendered set of a run has pictures of somebody else behind or around heads ({', '.join(foreign)})"
            )
    if start := stages[0].config["snapshot"]:
        there = "which are others now" if start.startswith("default") else "whose run folder is not there"
        return f"the first run started from {start}, {there}"
    return ""
