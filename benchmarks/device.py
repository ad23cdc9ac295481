"""What this computer is, as far as a latency depends on it. No host name, no user name."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.record import Device


def host_device() -> Device:
    """Facts of the machine that this process runs on."""
    return Device("host", _processor(), None, _system(), usable_cores(), _memory_gb())


def usable_cores() -> int:
    """Logical processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _system() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]} {platform.machine()}"
    version = re.match(r"[\d.]*", platform.release())  # what follows the numbers is the builder's own
    return f"{platform.system()} {version[0] if version else ''} {platform.machine()}"


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None


def host_folder(device: Device) -> str:
    """'host-amd-epyc': the folder of a computer's results, named by its processor."""
    return f"host-{re.sub(r'[^a-z0-9]+', '-', device.model.lower()).strip('-')}"
