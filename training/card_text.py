"""A card as Markdown: what the weights are, their figures with n and interval, where they fail, how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from training.card_record import PERSON, PHOTOGRAPHS, RENDERED, Card, CardSet, PartScore, PartTable, Stage

_WORSE = 1.5  # times the mean: a part that is named among the failures
_ENOUGH = 20  # faces of a part for that
_NOT_MEASURED = "One still picture at a time; how calm the pose is over a video was not measured."
_RENDERED_ONLY = (
    "Trained on rendered adults alone: skins, hair and clothes are those of one asset pack, and no photograph of a "
    "person was seen. Groups of people, ages and headwear that the pack does not have are not covered."
)


def markdown(card: Card) -> str:
    """The whole card."""
    title = f"# {card.name}: 6DRepNet on {card.backbone}, {'trained' if card.trained else '**UNTRAINED**'} weights"
    parts = [title, _facts(card), "## Figures", figures_text(card), "## Known failures", _failures(card)]
    parts += ["## How it was made", _made(card), "## Better weights", _better(card)]
    return "\n\n".join(parts) + "\n"


def _facts(card: Card) -> str:
    commit = card.git.get("commit") or "unknown"
    dirty = ", with uncommitted changes" if card.git.get("dirty") else ""
    rows = {
        "file": f"`{card.file}`, {card.size_bytes / 1e6:.1f} MB, sha256 `{card.sha256}`",
        "network": f"{card.parameters / 1e6:.2f} M parameters in training form; folded, it is what is exported",
        "input": f"{card.input_size} × {card.input_size} pixels, RGB; crop rule `{card.framing}`",
        "trained on": card.training_data,
        "licence": card.licence,
        "neutral pose": _neutral(card),
        "precision": _precision(card),
        "written": f"{card.created}, commit {commit}{dirty}",
    }
    return _table(("", ""), list(rows.items()), "--")


def _neutral(card: Card) -> str:
    if not card.turned_pitch_deg:
        return "as in the training labels"
    return f"turned about the head's x axis by {-card.turned_pitch_deg:+g}° after training (docs/synthetic.md says why)"


def _precision(card: Card) -> str:
    if card.rounding is None:
        return "as training wrote it"
    r = card.rounding
    more = f" and {r.smaller} smaller ones" if r.smaller else ""
    return (
        f"kernels of {r.kept_below} numbers and more{more} in fp16, the rest in fp32; that moved the rotations of "
        f"{r.images} pictures by {r.mean_deg:.4f}° on average and {r.max_deg:.4f}° at most"
    )


def figures_text(card: Card) -> str:
    """The figures of a card alone."""
    if not card.sets:
        return "Not measured yet."
    chosen = [f"{_heading(one)}\n\n{_set(one)}" for one in card.sets]
    return "\n\n".join(chosen)


def _heading(one: CardSet) -> str:
    left_out = f" ({', '.join(one.left_out)} left out)" if one.left_out else ""
    return f"### {one.name}, n = {one.n}{left_out}, {one.about}"


def _set(one: CardSet) -> str:
    rows = [
        ("geodesic, mean", one.geodesic_mean_deg.text()),
        ("geodesic, median", one.geodesic_median_deg.text()),
        ("geodesic, 95th percentile", one.geodesic_p95_deg.text()),
        ("mean of the absolute errors of pitch, yaw and roll", one.euler_mae_deg.text()),
    ]
    if one.left_out:
        whole = one.n + len(one.left_out)
        rows.append((f"geodesic, mean, nothing left out, n = {whole}", one.with_left_out_deg.text()))
    rows.append(("always answering straight ahead, geodesic, mean", f"{one.straight_ahead_deg:.2f}"))
    share = f"Above 20°: {one.above_20_percent.text(1)} % of {one.n}."
    skipped = f" Pictures that could not be read: {one.skipped}." if one.skipped else ""
    note = f"{share}{skipped} Intervals of 95 %: {one.interval.method}."
    tables = [_part_table(table) for table in one.tables]
    return "\n\n".join([_table(("error", "degrees"), rows, "--:"), note, *tables])


def _part_table(table: PartTable) -> str:
    rows = [(part.name, str(part.n), _mean(part)) for part in table.parts]
    return _table((f"by {table.title}", "n", "geodesic, mean"), rows, "--:")


def _mean(part: PartScore) -> str:
    return "–" if part.geodesic_mean_deg is None else part.geodesic_mean_deg.text()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    line = ["---", *[align] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, line, *rows))


def _failures(card: Card) -> str:
    found = [text for one in card.sets for text in _worst(one)]
    return "\n".join(f"- {text}" for text in [*found, *_limits(card), _NOT_MEASURED])


def _limits(card: Card) -> list[str]:
    """What follows from training on rendered heads; [] where that is not known."""
    sets = [stage.rendered for stage in card.stages if stage.rendered]
    if not sets or len(sets) < len(card.stages):
        return []
    yaw = max(facts["max_yaw_deg"] for facts in sets)
    return [_RENDERED_ONLY, f"Heads turned by more than {yaw:g}° and heads seen from behind were not trained on."]


def _worst(one: CardSet) -> list[str]:
    """Parts that are clearly harder than the whole, the hardest first, and what the tables cannot tell."""
    mean = one.geodesic_mean_deg.value
    hard = [
        (part.geodesic_mean_deg.value / mean, table.title, part)
        for table in one.tables
        for part in table.parts
        if part.geodesic_mean_deg is not None and part.n >= _ENOUGH and part.geodesic_mean_deg.value > _WORSE * mean
    ]
    told = [
        f"{one.name}, {title} {part.name}: {_mean(part)}° over n = {part.n}, {times:.1f} times the mean"
        for times, title, part in sorted(hard, key=lambda entry: -entry[0])
    ]
    return told + _confounded(one)


def _confounded(one: CardSet) -> list[str]:
    """Where a set shows fewer combinations of age, skin tone and sex than there are: one stands for the other."""
    count = {table.title: sum(part.n > 0 for part in table.parts) for table in one.tables}
    if PERSON not in count or count[PERSON] >= count["skin tone"] * count["age"] * count["sex"]:
        return []
    return [
        f"{one.name} shows {count[PERSON]} combinations of age, skin tone and sex only: differences between the parts "
        "of one of these tables may be those of another, or of a single skin"
    ]


def _made(card: Card) -> str:
    if not card.stages:
        return "The run folder is not known."
    texts = [_stage(number, stage) for number, stage in enumerate(card.stages, start=1)]
    commands = [line for number, stage in enumerate(card.stages, start=1) for line in _commands(number, stage)]
    if card.rounding:
        commands.append(f"python -m training.ship RUN{len(card.stages)}/best.safetensors --name {card.name}")
    return "\n\n".join(["\n".join(texts), "Again:", _block([*commands, *_measuring(card)])])


def _stage(number: int, stage: Stage) -> str:
    facts = [f"{stage.train} faces of {stage.data} ({stage.held_out} more chose the best epoch)"]
    facts += [f"{stage.config['backbone_type']} grown from the network before"] if stage.config.get("grow") else []
    minutes = stage.config.get("max_minutes")
    most = f" at most, for {minutes:.1f} minutes at most," if minutes else ""
    facts += [f"{stage.config['num_epochs']} epochs{most} at {stage.config['image_size']} pixels"]
    facts += [f"the best was {stage.best_epoch}"] if stage.best_epoch else []
    facts += [f"{stage.images} faces seen in {stage.seconds / 3600:.1f} h"] if stage.images and stage.seconds else []
    facts += [f"on {stage.machine}", f"commit {', '.join(stage.commits) or 'unknown'}"]
    return f"{number}. {'; '.join(facts)}"


def _commands(number: int, stage: Stage) -> list[str]:
    from training.config import TrainConfig

    usual = TrainConfig().to_dict()
    hidden = ("data_dir", "snapshot", "output_dir", "output_string", "copy_to", "threads", "workers", "filename_list")
    changed = {k: v for k, v in stage.config.items() if k in usual and v != usual[k] and k not in hidden}
    lines = [_synth(f"SET{number}", stage.rendered)] if stage.rendered else []
    flags = [f"--{name} {_flag(value)}" for name, value in changed.items()]
    start = [f"--snapshot RUN{number - 1}/best.safetensors"] if stage.config["snapshot"] and number > 1 else []
    return [*lines, " ".join(["headpose train", f"--data_dir SET{number}", *flags, *start])]


def _flag(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ",".join(f"{name}={text}" for name, text in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _synth(folder: str, facts: dict[str, Any]) -> str:
    words = f"headpose synth --out {folder} --count {facts['count']} --seed {facts['seed']} --size {facts['size']}"
    words += f" --density {facts['density']} --max-yaw {facts['max_yaw_deg']:g}"
    words += " --held-out" if facts["held_out"] else ""
    return words + (" --assets MAKEHUMAN" if facts["assets"] else "")


def _measuring(card: Card) -> list[str]:
    """The commands that measured; none before."""
    rendered, photos = card.measured(RENDERED), card.measured(PHOTOGRAPHS)
    lines = [_synth("HELDOUT", rendered.rendered)] if rendered and rendered.rendered else []
    words = ["--held-out HELDOUT"] if rendered else []
    words += [f"--photos {photos.name}"] if photos else []
    words += [f"--leave-out {key}" for key in (photos.left_out if photos else ())]
    name = f"default-{card.name.rpartition('_')[2]}" if card.rounding else card.file
    return [*lines, " ".join([f"headpose card {name}", *words])] if words else []


def _better(card: Card) -> str:
    recipe = f"{card.backbone if card.backbone in ('repnext_m0', 'repnext_m4') else 'repnext_m4'}_synthetic"
    return (
        "What the owner of a GPU should run: the whole recipe on a larger set.\n\n"
        + _block(
            [
                "headpose synth --out datasets/synthetic --count 200000 --seed 11 --size 320 --assets MAKEHUMAN",
                f"headpose train --recipe {recipe} --data_dir datasets/synthetic --image_size 224",
                f"python -m training.ship RUN/best.safetensors --name {card.name} --overwrite",
            ]
        )
        + "\n\nWith 300W-LP (for academic use, and so are the weights):\n\n"
        + _block(["headpose train --recipe repnext_m4_300wlp --data_dir datasets/300W_LP"])
    )


def _block(lines: Sequence[str]) -> str:
    return "\n".join(["```", *lines, "```"])
