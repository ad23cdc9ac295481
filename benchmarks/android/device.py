"""What an Android phone is and how it does, from its own commands; and when it may not be measured.

Sources: getprop's names are those of AOSP's build properties; `dumpsys battery` and `dumpsys thermalservice` print
BatteryService and ThermalManagerService; the thermal states are those of
https://developer.android.com/reference/android/os/PowerManager#THERMAL_STATUS_NONE
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.android.adb import Phone
from benchmarks.record import Device
from runtime.errors import HeadPoseError

THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
_SEVERE = THERMAL.index("severe")
_MIN_BATTERY = 20  # percent: below it many phones slow down
_CHARGING = (2, 5)  # BatteryManager: charging, full
_FREQUENCIES = "/sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_max_freq"


@dataclass(frozen=True)
class PhoneFacts:
    """What does not change."""

    model: str
    """'Pixel 8a'."""
    soc: str | None
    """System on chip."""
    android: str
    """'14'."""
    api: int | None
    """API level."""
    abis: tuple[str, ...]
    """Instruction sets, the preferred one first: 'arm64-v8a', …"""
    cores: int
    """Processors."""
    big_cores: tuple[int, ...]
    """Numbers of those above the slowest kind; all of them where the phone does not tell."""
    memory_gb: float | None
    """Installed memory, 10⁹ bytes."""
    emulated: bool
    """Whether it is the emulator of Android Studio."""


@dataclass(frozen=True)
class PhoneState:
    """What changes; None where the phone does not tell."""

    battery_percent: int | None
    """Charge."""
    charging: bool | None
    """Whether it is being charged, or full on the charger."""
    battery_c: float | None
    """Temperature of the battery, °C."""
    thermal: str | None
    """One of THERMAL; None before Android 10."""
    low_power: bool | None
    """Whether power saving is on."""
    screen: str | None
    """'Awake', 'Asleep', 'Dozing', …"""


def properties(text: str) -> dict[str, str]:
    """`getprop`'s lines, [name]: [value]."""
    return dict(re.findall(r"^\[([^\]]+)\]: \[(.*)\]$", text, re.MULTILINE))


def read_facts(phone: Phone) -> PhoneFacts:
    """Ask the phone what it is; HeadPoseError if it goes away."""
    told = properties(phone.ask("getprop"))
    abis = told.get("ro.product.cpu.abilist") or told.get("ro.product.cpu.abi", "")
    speeds = core_speeds(phone.shell(f"grep -H . {_FREQUENCIES}").out)  # its code is not 0 where one core is off
    cores = _core_count(phone.ask("cat /sys/devices/system/cpu/present")) or len(speeds) or 1
    memory = re.search(r"^MemTotal:\s+(\d+) kB", phone.ask("cat /proc/meminfo"), re.MULTILINE)
    api = told.get("ro.build.version.sdk", "")
    return PhoneFacts(
        model=told.get("ro.product.model") or phone.name,
        soc=told.get("ro.soc.model") or told.get("ro.board.platform") or None,
        android=told.get("ro.build.version.release", "of an unknown version"),
        api=int(api) if api.isdigit() else None,
        abis=tuple(abis.split(",")) if abis else (),
        cores=cores,
        big_cores=big_cores(speeds) or tuple(range(cores)),
        memory_gb=round(int(memory[1]) * 1024 / 1e9, 1) if memory else None,
        emulated="1" in (told.get("ro.kernel.qemu"), told.get("ro.boot.qemu")),
    )


def core_speeds(text: str) -> dict[int, int]:
    """Core number → highest frequency in kHz, from `grep -H .` over cpuinfo_max_freq."""
    return {int(core): int(khz) for core, khz in re.findall(r"/cpu(\d+)/cpufreq/cpuinfo_max_freq:(\d+)", text)}


def big_cores(speeds: dict[int, int]) -> tuple[int, ...]:
    """All but the slowest kind; every core where all are of one kind."""
    fast = sorted(core for core, khz in speeds.items() if khz > min(speeds.values()))
    return tuple(fast or sorted(speeds))


def _core_count(present: str) -> int:
    """'0-7' or '0-3,6' of the kernel's list format: how many."""
    ranges = re.findall(r"(\d+)(?:-(\d+))?", present)
    return sum(int(last or first) - int(first) + 1 for first, last in ranges)


def read_state(phone: Phone) -> PhoneState:
    """Ask the phone how it does; HeadPoseError if it goes away."""
    battery = dict(re.findall(r"^\s*([\w ]+): (-?\d+)\s*$", phone.ask("dumpsys battery"), re.MULTILINE))
    level, status, tenths = (
        int(battery[key]) if key in battery else None for key in ("level", "status", "temperature")
    )
    thermal = re.search(r"^Thermal Status: (\d+)", phone.ask("dumpsys thermalservice"), re.MULTILINE)
    saving = phone.ask("settings get global low_power").strip()
    screen = re.search(r"mWakefulness=(\w+)", phone.ask("dumpsys power"))
    return PhoneState(
        battery_percent=level if level is None else round(level * 100 / int(battery.get("scale", 100))),
        charging=None if status is None else status in _CHARGING,
        battery_c=None if tenths is None else tenths / 10,
        thermal=THERMAL[min(int(thermal[1]), len(THERMAL) - 1)] if thermal else None,
        low_power=None if saving not in ("0", "1") else saving == "1",
        screen=screen[1] if screen else None,
    )


def check_battery(state: PhoneState, name: str) -> None:
    """Raise HeadPoseError for a battery below 20 % that is not being charged."""
    if state.battery_percent is not None and state.battery_percent < _MIN_BATTERY and not state.charging:
        raise HeadPoseError(
            f"the battery of {name} is at {state.battery_percent} %, and phones slow down below {_MIN_BATTERY} %: "
            "charge it"
        )


def check_thermal(state: PhoneState, name: str) -> None:
    """Raise HeadPoseError for a phone that is severely throttled, or worse."""
    if state.thermal is not None and THERMAL.index(state.thermal) >= _SEVERE:
        raise HeadPoseError(
            f"{name} is too hot to be measured (thermal state {state.thermal}): let it cool, out of its case, or give "
            "it more time with --cool-down"
        )


def device_of(facts: PhoneFacts, before: PhoneState, after: PhoneState) -> Device:
    """The phone as a result keeps it; no serial number."""
    saving = [state.low_power for state in (before, after) if state.low_power is not None]
    return Device(
        kind="android",
        model=facts.model,
        soc=facts.soc,
        os=f"Android {facts.android}" + (f" (API {facts.api})" if facts.api else ""),
        cores=facts.cores,
        memory_gb=facts.memory_gb,
        thermal_start=before.thermal,
        thermal_end=after.thermal,
        low_power=any(saving) if saving else None,
    )
