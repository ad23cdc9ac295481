"""The notebook without its hours: every cell is executed, every command is parsed by its real parser and then faked."""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import nbformat

import headpose
from training.config import TrainConfig, check, read_recipe, with_values

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = nbformat.read(ROOT / "training/colab.ipynb", as_version=nbformat.NO_CONVERT)
CODE_CELLS = {cell.id: cell.source for cell in NOTEBOOK.cells if cell.cell_type == "code"}


class Rehearsal:
    """Executes the cells with commands that are parsed by the real parsers and leave behind what real ones would."""

    def __init__(self, folder: Path, **changes: object) -> None:
        self.values = {
            "REPOSITORY": "https://example.org/project.git",
            "WORK": str(folder / "work"),
            "DRIVE": str(folder / "drive"),
            "DATASETS": str(folder / "data"),
            "EPOCHS": 4,
            **changes,
        }
        self.commands: list[list[str]] = []
        self.exit_codes: dict[str, int] = {}
        self.dies_in_training = False
        for name in ("300W_LP", "AFLW2000"):
            (folder / "data" / name).mkdir(parents=True, exist_ok=True)

    def perform(self) -> list[list[str]]:
        """All cells in order → the headpose commands that were run, without the program's name."""
        self.commands = []
        names: dict[str, Any] = {}
        for id, source in CODE_CELLS.items():
            exec(source, names)
            if id == "parameters":
                names.update(self.values)
            elif id == "setup":
                names.update(run=self.run, show=self.show)
            elif id == "install":
                names.update(ready=lambda python: True)
        return self.commands

    def show(self, *pictures: Path) -> None:
        assert [picture for picture in pictures if not picture.is_file()] == []

    def run(self, *command: object, fine: tuple[int, ...] = (0,)) -> None:
        words = [str(word) for word in command]
        if words[:2] == ["git", "clone"]:
            Path(words[3]).mkdir()
            shutil.copy(ROOT / "constraints.txt", words[3])
            (Path(words[3]) / "headpose.py").touch()
        if words[1:3] != ["-m", "headpose"]:
            return
        self.commands.append(words[3:])
        module = importlib.import_module(headpose.COMMANDS[words[3]][0])
        parser = argparse.ArgumentParser(prog=words[3])
        module.add_arguments(parser)
        args = parser.parse_args(words[4:])
        if self.exit_codes.get(words[3], 0) not in fine:
            raise RuntimeError(f"{words[3]} failed")
        getattr(self, f"_{words[3]}", lambda args: None)(args)

    def _train(self, args: argparse.Namespace) -> None:
        given = {name: value for name, value in vars(args).items() if name in vars(TrainConfig())}
        config = with_values(TrainConfig(), read_recipe(args.recipe), "the recipe") if args.recipe else TrainConfig()
        config = check(with_values(config, given, "the flags"))
        if args.dry_run:
            return
        count = len(list(Path(config.output_dir).glob("*")))
        folder = Path(args.resume or Path(config.output_dir) / f"SixDRepNet_100000000{count}_bs{config.batch_size}")
        folder.mkdir(parents=True, exist_ok=True)
        prefix = next((p.name.partition("_epoch_")[0] for p in folder.glob("*.tar")), config.output_string)
        for name in ("curves.png", "samples.png", f"{prefix}_epoch_1.tar"):
            (folder / name).touch()
        (folder / "best.safetensors").write_text(f"weights of {folder}")
        if self.dies_in_training:
            raise KeyboardInterrupt
        (folder / "summary.json").write_text(json.dumps({"status": "finished", "epochs": config.num_epochs}))
        if config.copy_to:
            shutil.copytree(folder, Path(config.copy_to) / folder.name)

    def _evaluate(self, args: argparse.Namespace) -> None:
        assert Path(args.snapshot).exists()
        Path(args.out).mkdir(parents=True)
        (Path(args.out) / "picture.png").touch()

    def _export(self, args: argparse.Namespace) -> None:
        pairs = [(t, p) for t in args.targets.split(",") for p in args.precision.split(",")]
        entries = [{"target": t, "precision": p, "file": f"model_{p}.{t}"} for t, p in pairs]
        for entry in entries:
            Path(args.out).mkdir(exist_ok=True)
            (Path(args.out) / entry["file"]).touch()
        manifest = Path(args.out) / "manifest.json"
        before = json.loads(manifest.read_text())["artifacts"] if manifest.exists() else []
        manifest.write_text(json.dumps({"artifacts": [*before, *entries]}))

    def _parity(self, args: argparse.Namespace) -> None:
        files = [file.name for file in Path(args.artifacts[0]).iterdir() if file.suffix != ".json"]
        Path(args.out).mkdir(exist_ok=args.overwrite)
        for name in files:
            (Path(args.out) / f"{name}.parity.png").touch()
        record = {"passed": True, "reports": [{"file": name} for name in files]}
        (Path(args.out) / "parity.json").write_text(json.dumps(record))

    def _compare(self, args: argparse.Namespace) -> None:
        assert (Path(args.a) / "picture.png").is_file()
        assert (Path(args.b) / "picture.png").is_file()
        Path(args.out).mkdir()
        (Path(args.out) / "comparison.png").touch()
