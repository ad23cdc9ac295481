"""What `adb devices -l` lists, and which of it is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.errors import HeadPoseError

_READY = "device"
_REMEDIES = {
    "unauthorized": "unlock it and allow USB debugging from this computer",
    "authorizing": "wait a moment, or allow USB debugging on its screen",
    "offline": "plug it out and in again, or restart it",
    "no permissions": "this user may not open it: add a udev rule (Debian package android-sdk-platform-tools-common)",
}


@dataclass(frozen=True)
class ListedPhone:
    """A line of `adb devices -l`."""

    serial: str
    """What --device takes."""
    state: str
    """'device' where it is ready, else 'offline', 'unauthorized', 'no permissions', …"""
    model: str
    """As adb spells it, empty if it does not tell."""

    @property
    def name(self) -> str:
        """'Pixel 8a (38A1JEKB123456)'."""
        return f"{self.model.replace('_', ' ')} ({self.serial})" if self.model else self.serial


def listed_phones(text: str) -> list[ListedPhone]:
    """The phones in what `adb devices -l` printed; lines of its server's start are passed over."""
    _, _, body = text.partition("List of devices attached")
    return [_phone(line) for line in body.splitlines() if len(line.split()) > 1]


def _phone(line: str) -> ListedPhone:
    serial, rest = line.split(None, 1)
    state = "no permissions" if rest.startswith("no permissions") else rest.split()[0]
    models = [word.partition(":")[2] for word in rest.split() if word.startswith("model:")]
    return ListedPhone(serial, state, models[0] if models else "")


def chosen_phone(phones: Sequence[ListedPhone], serial: str | None = None) -> ListedPhone:
    """The one that is meant.

    Args:
        phones: all that are connected.
        serial: which one; None if there is only one.

    Raises HeadPoseError that names what is connected if it is none, another one, several or one that is not ready.
    """
    names = ", ".join(f"{phone.name} {phone.state}" for phone in phones)
    if not phones:
        raise HeadPoseError(
            "no phone is connected: plug one in, switch on USB debugging in its developer options, and see that "
            "adb devices  lists it"
        )
    if serial is None and len(phones) > 1:
        raise HeadPoseError(f"{len(phones)} phones are connected: choose one with --device SERIAL (there are: {names})")
    meant = [phone for phone in phones if serial in (None, phone.serial)]
    if not meant:
        raise HeadPoseError(f"there is no phone '{serial}': give one of those that are connected ({names})")
    if meant[0].state != _READY:
        remedy = _REMEDIES.get(meant[0].state, "start Android on it")
        raise HeadPoseError(f"the phone {meant[0].name} is {meant[0].state}: {remedy}")
    return meant[0]
