"""The record of emulated runs: rotations of ARM kernels beside PyTorch's and beside this computer's, in degrees.

No field is a time: an emulated run says nothing of speed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from export.gates import Gate
from runtime.errors import HeadPoseError

EMULATED_SCHEMA = 1


@dataclass(frozen=True)
class Guest:
    """What ran inside the emulation, in its own words."""

    machine: str
    """As the emulated kernel names it: 'aarch64'."""
    features: tuple[str, ...]
    """Extensions of the processor model, as Linux lists them: 'asimd', 'asimddp' (dot product), 'sve', …"""
    python: str
    """Its Python's version."""
    numpy: str
    """Its NumPy's version."""
    engine: str
    """Package and version: 'onnxruntime 1.31.1'."""

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Guest:
        """From plain data; TypeError if fields are missing or unknown."""
        if not isinstance(data, dict) or set(data) != {field.name for field in fields(Guest)}:
            raise TypeError("it does not say what ran")
        return Guest(**{**data, "features": tuple(data["features"])})


@dataclass(frozen=True)
class Distance:
    """Angles between two sets of rotations over the judged images, in degrees; 180 for NaN or infinity."""

    mean_deg: float
    """Mean."""
    max_deg: float
    """Worst image."""


@dataclass(frozen=True)
class EmulatedImage:
    """One input's angles, in degrees."""

    name: str
    """Name of the input."""
    judged: bool
    """Whether it counts for the figures and the gate; in files in few bits only faces do."""
    from_pytorch_deg: float
    """Emulated rotation to PyTorch's."""
    from_host_deg: float
    """Emulated rotation to that of the same file and engine on this computer."""
    host_from_pytorch_deg: float
    """This computer's rotation to PyTorch's."""


@dataclass(frozen=True)
class Figures:
    """What a run that came to its end gave."""

    guest: Guest
    """What ran it."""
    from_pytorch: Distance
    """To the network in training form: what the gate judges."""
    from_host: Distance
    """To the same file and engine on this computer's own processor."""
    host_from_pytorch: Distance
    """That run to the network."""
    images: tuple[EmulatedImage, ...]
    """Per input."""


@dataclass(frozen=True)
class EmulatedParity:
    """One file on one emulated processor model."""

    file: str
    """File name."""
    sha256: str
    """Hash of the file that was run."""
    size_bytes: int
    """Its size on disk."""
    target: str
    """'onnx' or 'tflite'."""
    precision: str
    """'fp32', 'fp16', …"""
    backbone: str
    """Backbone name."""
    checkpoint_sha256: str
    """Hash of the weights that all sides used."""
    trained: bool
    """False for seeded weights: agreement means what it says, the poses mean nothing."""
    cpu: str
    """Processor model that was emulated."""
    host_engine: str
    """What ran the file on this computer."""
    gate: Gate
    """The limits, the same as without emulation."""
    figures: Figures | None
    """None if the run came to no end."""
    failure: str = ""
    """Then, why: one sentence."""

    @property
    def passed(self) -> bool:
        """Whether there are figures and they are within the gate."""
        return self.figures is not None and self.gate.passes(
            self.figures.from_pytorch.mean_deg, self.figures.from_pytorch.max_deg
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {**asdict(self), "emulated": True, "passed": self.passed}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> EmulatedParity:
        """Inverse of `as_dict`; KeyError, TypeError or ValueError for a damaged record."""
        plain = {field.name: data[field.name] for field in fields(EmulatedParity)}
        figures = _figures(plain["figures"]) if plain["figures"] else None
        return EmulatedParity(**{**plain, "gate": Gate(**plain["gate"]), "figures": figures})

    def explanation(self) -> str:
        """For people: the verdict, and whether it is the emulated processor's or the file's own."""
        if self.figures is None:
            return self.failure
        here, there = self.figures.host_from_pytorch, self.figures.from_pytorch
        figures = f"mean {there.mean_deg:.3g}°, max {there.max_deg:.3g}°"
        if self.passed:
            return f"within the gate: {figures}"
        alike = self.gate.passes(here.mean_deg, here.max_deg)
        other = "within it: the kernels for ARM differ" if alike else "outside as well: the file itself is"
        return f"outside the gate on the emulated CPU {self.cpu} ({figures}); on this computer it is {other}"


def _figures(data: dict[str, Any]) -> Figures:
    distances = {name: Distance(**data[name]) for name in ("from_pytorch", "from_host", "host_from_pytorch")}
    images = tuple(EmulatedImage(**image) for image in data["images"])
    return Figures(guest=Guest.from_dict(data["guest"]), images=images, **distances)


@dataclass(frozen=True)
class EmulatedReport:
    """All files on all processor models."""

    architecture: str
    """'aarch64'."""
    qemu: str
    """Version of the emulator."""
    host: str
    """This computer's own architecture: 'x86_64'."""
    host_processor: str
    """Its name, which decides about the kernels that the engines take there; '' where the system does not tell."""
    headpose: str
    """Version of this project."""
    git: dict[str, Any]
    """Commit and whether its tree was dirty; both None outside a checkout."""
    created: str
    """UTC, ISO 8601."""
    runs: tuple[EmulatedParity, ...]
    """File by file, model by model."""
    skipped: dict[str, str]
    """File name → why it cannot be run under emulation."""

    @property
    def passed(self) -> bool:
        """Whether every run is within its gate."""
        return all(run.passed for run in self.runs)

    def as_dict(self) -> dict[str, Any]:
        """JSON form (export/emulation/emulated.schema.json); `from_dict` reads it back."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        head = {"schema": EMULATED_SCHEMA, "emulated": True, "passed": self.passed}
        return {**head, **own, "runs": [run.as_dict() for run in self.runs]}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> EmulatedReport:
        """Inverse of `as_dict`; HeadPoseError if the record is damaged or of another schema version."""
        try:
            if data["schema"] != EMULATED_SCHEMA:
                raise ValueError(f"schema {data['schema']}, this version reads {EMULATED_SCHEMA}")
            plain = {field.name: data[field.name] for field in fields(EmulatedReport)}
            runs = tuple(EmulatedParity.from_dict(run) for run in data["runs"])
            return EmulatedReport(**{**plain, "runs": runs})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise HeadPoseError(f"the record of emulated runs cannot be read ({error}): run them again") from error
