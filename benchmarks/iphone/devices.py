"""The iPhones that a Mac knows, from `xcrun devicectl list devices --json-output FILE`.

devicectl promises that this JSON is its only output for programs. Its shape was read from recorded outputs of
CoreDevice 397 to 651 (Xcode 15 to 27): up to Xcode 26 a device has hardwareProperties, deviceProperties and
connectionProperties; Xcode 27 adds `properties` with hardware, state, software and connection, and calls the others
deprecated. Both are read. Unverified on a Mac.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.iphone.xcode import run_tool
from runtime.errors import HeadPoseError

_UDID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{16}|[0-9a-f]{40}")


@dataclass(frozen=True)
class ConnectedIphone:
    """An iPhone as a Mac sees it; text that devicectl does not tell is ''."""

    name: str
    """The owner's name for it."""
    udid: str
    """Hardware identifier, what xcodebuild's destination takes."""
    identifier: str
    """CoreDevice's own identifier, what devicectl takes."""
    model: str
    """'iPhone13,2'."""
    os_version: str
    """'16.0.2'."""
    paired: bool
    """Whether the phone trusts this Mac."""
    developer_mode: bool | None
    """None where it is not told."""
    connection: str
    """'connected', 'disconnected' (comes up when it is needed) or 'unavailable'."""

    @property
    def in_reach(self) -> bool:
        """False if its connection is unavailable; before iOS 17 phones have no such connection, and Xcode will tell."""
        return self.connection != "unavailable" or 0 < self.os_major < 17

    @property
    def os_major(self) -> int:
        """16 of '16.0.2'; 0 where it is not told."""
        first = self.os_version.partition(".")[0]
        return int(first) if first.isdigit() else 0

    @property
    def os(self) -> str:
        """'iOS 16.0.2'."""
        return f"iOS {self.os_version}".strip()


def list_iphones() -> tuple[ConnectedIphone, ...]:
    """Ask devicectl. Raises HeadPoseError with its own words if it fails."""
    with tempfile.TemporaryDirectory(prefix="headpose-devices-") as folder:
        answer = Path(folder) / "devices.json"
        command = ["xcrun", "devicectl", "list", "devices", "--timeout", "20", "--json-output", str(answer)]
        done = run_tool(command)
        if not answer.is_file():
            words = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[0]
            raise HeadPoseError(
                f"devicectl does not list the iPhones ({words}): open Xcode once and let it install its tools"
            )
        return iphones_from(answer.read_text(encoding="utf-8"))


def iphones_from(text: str) -> tuple[ConnectedIphone, ...]:
    """The physical iPhones of devicectl's JSON.

    Raises HeadPoseError if it is no such JSON or says that the command failed.
    """
    try:
        data = json.loads(text)
        outcome = data["info"]["outcome"]
        devices = data["result"]["devices"] if outcome == "success" else []
        found = tuple(_iphone(device) for device in devices if _is_iphone(device))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HeadPoseError(f"the answer of devicectl cannot be read ({error!r}): update Xcode, or headpose") from error
    if outcome != "success":
        raise HeadPoseError(f"devicectl failed ({_complaint(data)}): open Xcode › Window › Devices and Simulators")
    return found


def choose(phones: Sequence[ConnectedIphone], wanted: str | None) -> ConnectedIphone:
    """The iPhone to measure on.

    Args:
        phones: what `list_iphones` found.
        wanted: name, UDID or CoreDevice identifier; None if there is only one. A UDID that devicectl does not list is
            believed: phones before iOS 17 are known to Xcode alone.

    Raises HeadPoseError for none, several, an unknown one, or one that cannot be used as it is.
    """
    if wanted is None:
        return _only(phones)
    asked = wanted.casefold()
    found = [p for p in phones if asked in (p.name.casefold(), p.udid.casefold(), p.identifier.casefold())]
    if not found and _UDID.fullmatch(wanted):
        return ConnectedIphone(wanted, wanted, wanted, "", "", True, None, "unavailable")
    if not found:
        raise HeadPoseError(f"no iPhone is called '{wanted}': {_listed(phones)}")
    if len(found) > 1:
        udids = ", ".join(phone.udid for phone in found)
        raise HeadPoseError(f"{len(found)} iPhones are called '{wanted}': give one's UDID with --device ({udids})")
    return usable(found[0])


def usable(phone: ConnectedIphone) -> ConnectedIphone:
    """The phone itself; HeadPoseError saying what to do if it is not paired, not in reach, or not in developer mode."""
    if not phone.paired:
        raise HeadPoseError(f"{phone.name} is not paired with this Mac: connect it by cable and tap Trust on it")
    if phone.developer_mode is False:
        raise HeadPoseError(
            f"{phone.name} is not in developer mode: switch on Settings › Privacy & Security › Developer Mode on it"
        )
    if not phone.in_reach:
        raise HeadPoseError(f"{phone.name} is not in reach: unlock it and connect it by cable")
    return phone


def _only(phones: Sequence[ConnectedIphone]) -> ConnectedIphone:
    reachable = [phone for phone in phones if phone.in_reach] or list(phones)
    if len(reachable) == 1:
        return usable(reachable[0])
    if not reachable:
        raise HeadPoseError(f"no iPhone to measure on: {_listed(phones)}")
    raise HeadPoseError(f"{len(reachable)} iPhones are connected, choose one with --device: {_listed(reachable)}")


def _listed(phones: Sequence[ConnectedIphone]) -> str:
    if not phones:
        return "none is known to this Mac, connect one by cable, unlock it and tap Trust"
    return "; ".join(f"'{p.name}' ({p.model or 'model unknown'}, {p.os}, {p.udid})" for p in phones)


def _is_iphone(device: Any) -> bool:
    hardware = _part(device, "hardware")
    kind, product = str(hardware.get("deviceType", "")), str(hardware.get("productType", ""))
    return (kind == "iPhone" or product.startswith("iPhone")) and hardware.get("reality", "physical") == "physical"


def _iphone(device: Any) -> ConnectedIphone:
    hardware, state = _part(device, "hardware"), {**_part(device, "device"), **_part(device, "state")}
    software, connection = {**state, **_part(device, "software")}, _part(device, "connection")
    mode = _word(state.get("developerModeStatus"))
    tunnel = _word(connection.get("state")) or _word(connection.get("tunnelState")) or "unavailable"
    return ConnectedIphone(
        name=_word(state.get("name")) or str(hardware.get("marketingName", "an iPhone")),
        udid=str(hardware.get("udid", "")),
        identifier=str(device.get("identifier", "")),
        model=str(hardware.get("productType", "")),
        os_version=_word(software.get("osVersionNumber")),
        paired=_word(connection.get("pairingState")) == "paired",
        developer_mode=mode == "enabled" if mode else None,
        connection=tunnel,
    )


def _part(device: Any, name: str) -> dict[str, Any]:
    """One block of a device, of the old shape and of the new one; the new one wins."""
    old, new = device.get(f"{name}Properties") or {}, (device.get("properties") or {}).get(name) or {}
    return {**old, **new}


def _word(value: Any) -> str:
    """Text as it is; of an object its 'stringValue', or the name of its only key: {'enabled': {…}} is 'enabled'."""
    if isinstance(value, dict):
        return str(value.get("stringValue") or next(iter(value), ""))
    return "" if value is None else str(value)


def _complaint(data: Any) -> str:
    told = data.get("error", {}).get("userInfo", {}).get("NSLocalizedDescription", {}) if isinstance(data, dict) else {}
    return _word(told) or "it gives no reason"
