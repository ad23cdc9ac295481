"""A stand-in for adb's *server*: speaks adb's client–server wire protocol to the real adb client, with made-up phones.

Written from AOSP's docs (packages/modules/adb/docs/dev: services.md, sync.md, and shell_protocol.h). No phone, no USB:
what is behind it is tests/stand_in_phone.py. Requests are four hexadecimal digits of length and that many bytes;
answers are OKAY or FAIL; the shell comes in packets of a byte of kind, four bytes of length and the data.
"""

from __future__ import annotations

import socket
import socketserver
import struct
import threading

VERSION = 41  # of "Android Debug Bridge version 1.0.41": the client would restart a server of another one
FEATURES = "shell_v2,cmd,stat_v2,ls_v2,fixed_push_mkdir"
STDOUT, STDERR, EXIT = 1, 2, 3
STATES = {
    "offline": "device offline",
    "unauthorized": "device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set",
}


class Hung(Exception):
    """The phone went away: the connection closes without another word."""


class Failed(Exception):
    """Answer FAIL with this text."""


class _Connection(socketserver.BaseRequestHandler):
    server: _Listener

    def handle(self) -> None:
        self.phone = None
        try:
            while self._serve(self._request()):
                pass
        except Failed as failure:
            self.request.sendall(b"FAIL" + _counted(str(failure).encode()))
        except (Hung, ConnectionError):
            pass

    def _request(self) -> str:
        return self._exactly(int(self._exactly(4), 16)).decode()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.request.recv(size - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def _serve(self, service: str) -> bool:
        """Answer a request; whether another one may follow on this connection."""
        self.server.stand_in.requests.append(service)
        if service.startswith("host"):
            return self._host(service)
        self.request.sendall(b"OKAY")
        kind, _, rest = service.partition(":")
        if kind == "sync":
            self._sync()
        elif kind.startswith("shell,v2"):
            self._shell(rest)
        elif kind == "exec":
            self.request.sendall(self.phone.run(rest)[1])
        else:
            raise AssertionError(f"the stand-in has no service {service}")
        return False

    def _host(self, service: str) -> bool:
        stand_in = self.server.stand_in
        if service == "host:version":
            self._tell(f"{VERSION:04x}")
        elif service.startswith("host:devices"):
            self._tell("".join(phone.listed(long=service.endswith("-l")) for phone in stand_in.phones))
        elif service.endswith("features"):
            if service.startswith("host-serial:"):
                self._ready(service.split(":", 1)[1].rpartition(":")[0])
            self._tell(FEATURES)
        elif service.startswith(("host:tport:serial:", "host:transport:")):
            self.phone = self._ready(service.partition(":t")[2].partition(":")[2].removeprefix("serial:"))
            self.request.sendall(b"OKAY" + (struct.pack("<Q", 1) if "tport" in service else b""))
            return True
        else:
            raise AssertionError(f"the stand-in has no service {service}")
        return False

    def _tell(self, text: str) -> None:
        self.request.sendall(b"OKAY" + _counted(text.encode()))

    def _ready(self, serial: str):
        for phone in self.server.stand_in.phones:
            if phone.serial == serial:
                if phone.state != "device":
                    raise Failed(STATES.get(phone.state, f"device {phone.state}"))
                return phone
        raise Failed(f"device '{serial}' not found")

    def _shell(self, command: str) -> None:
        if self.phone.goes_away_at and self.phone.goes_away_at in command:
            self._packet(STDOUT, b"half of a li")
            self.server.stand_in.unplug(self.phone)
            raise Hung
        code, out, err = self.phone.run(command)
        self._packet(STDERR, err)
        self._packet(STDOUT, out)
        self._packet(EXIT, bytes([code]))

    def _packet(self, kind: int, data: bytes) -> None:
        self.request.sendall(struct.pack("<BI", kind, len(data)) + data)

    def _sync(self) -> None:
        while True:
            kind, size = struct.unpack("<4sI", self._exactly(8))
            if kind == b"QUIT":
                return
            name = self._exactly(size).decode()
            if kind in (b"STAT", b"STA2", b"LST2"):
                self._stat(kind, name)
            elif kind == b"SEND":
                self._receive(name)
            else:
                raise AssertionError(f"the stand-in has no sync request {kind!r}")

    def _stat(self, kind: bytes, name: str) -> None:
        mode, size = self.phone.stat(name)
        if kind == b"STAT":
            self.request.sendall(struct.pack("<4sIII", kind, mode, size, 0))
        else:
            error = 0 if mode else 2  # ENOENT
            self.request.sendall(struct.pack("<4sIQQIIIIQqqq", kind, error, 0, 0, mode, 1, 0, 0, size, 0, 0, 0))

    def _receive(self, name: str) -> None:
        path, _, _mode = name.rpartition(",")
        data = b""
        while True:
            kind, size = struct.unpack("<4sI", self._exactly(8))
            if kind == b"DONE":  # its size field is the time of change
                break
            data += self._exactly(size)
        problem = self.phone.store(path, data)
        answer = (b"FAIL", problem.encode()) if problem else (b"OKAY", b"")
        self.request.sendall(struct.pack("<4sI", answer[0], len(answer[1])) + answer[1])


def _counted(data: bytes) -> bytes:
    return f"{len(data):04x}".encode() + data


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        import sys

        self.stand_in.errors.append(sys.exc_info()[1])


class StandInServer:
    """Listens on a free port of this computer while it is open; `requests` are all services that were asked for."""

    def __init__(self, *phones) -> None:
        self.phones, self.requests, self.errors = list(phones), [], []
        self._listener = _Listener(("127.0.0.1", 0), _Connection)
        self._listener.stand_in = self
        self.port = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)

    def unplug(self, phone) -> None:
        """Take a phone off the list."""
        self.phones = [other for other in self.phones if other is not phone]

    def __enter__(self) -> StandInServer:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._listener.shutdown()
        self._listener.server_close()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
