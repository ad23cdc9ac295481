"""Whether a program file can run on a phone: its instruction set against the phone's.

Source: the ELF header (man 5 elf): magic, class at byte 4, e_machine at byte 18.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

from runtime.errors import HeadPoseError

_MACHINES = {183: "arm64-v8a", 40: "armeabi-v7a", 62: "x86_64", 3: "x86", 243: "riscv64"}
_HEAD = 4096  # the name of the dynamic linker stands in the first page


def check_runs_on(program: Path, abis: Sequence[str], name: str) -> None:
    """Raise HeadPoseError unless `program` is an Android executable of an instruction set of the phone.

    Args:
        program: benchmark_model.
        abis: what the phone runs, as ro.product.cpu.abilist has it; empty if it does not tell.
        name: the phone's.
    """
    try:
        with program.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise HeadPoseError(f"--tool {program} cannot be read: {error.strerror or error}") from error
    if head[:4] != b"\x7fELF" or len(head) < 20:
        raise HeadPoseError(f"--tool {program} is no Android program: give the benchmark_model binary itself")
    machine = struct.unpack_from("<H", head, 18)[0]
    abi = _MACHINES.get(machine, f"machine {machine}")
    if abis and abi not in abis:
        raise HeadPoseError(
            f"--tool {program} is built for {abi}, and {name} runs {', '.join(abis)}: take the benchmark_model for "
            f"{abis[0]}"
        )
    if b"/ld-linux" in head and b"/system/bin/linker" not in head:
        raise HeadPoseError(f"--tool {program} is built for Linux: take the one for Android, {abi}")
