"""A stand-in for an Android phone, behind tests/adb_server.py: some files, some shell commands, switches for faults.

It runs nothing: `benchmark_model` and `am instrument` on it print and write what tests/benchmark_model_output.py makes
in the documented formats. Its getprop and dumpsys print the shape that Android 14 prints.
"""

from __future__ import annotations

import fnmatch
import json
import shlex
from dataclasses import dataclass, field, replace

from benchmark_model_output import GPU, XNNPACK, Made, printed, profile_of, written

PROPERTIES = {
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
    "ro.product.cpu.abi": "arm64-v8a",
    "ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a,armeabi",
    "ro.product.manufacturer": "Google",
    "ro.product.model": "Pixel 8a",
    "ro.soc.model": "Tensor G3",
    "ro.board.platform": "zuma",
}
APP = "org.sixdrepnext.headpose"
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: {charging}
  Wireless powered: false
  Max charging current: 500000
  Charge counter: 3461000
  status: {status}
  health: 2
  present: true
  level: {level}
  scale: 100
  voltage: 4270
  temperature: {tenths}
  technology: Li-ion
"""
THERMAL = """IsStatusOverride: false
ThermalEventListeners:
\tcallbacks: 2
\tkilled: false
ThermalStatusListeners:
\tcallbacks: 4
Thermal Status: {status}
Cached temperatures:
\tTemperature{{mValue=33.1, mType=3, mName=VIRTUAL-SKIN, mStatus={status}}}
HAL Ready: true
HAL connection:
\tThermalHAL AIDL 1  connected: yes
"""


@dataclass
class StandInPhone:
    """Attributes are switches; `commands` are all that was run."""

    serial: str = "38A1JEKB123456"
    state: str = "device"
    properties: dict = field(default_factory=lambda: dict(PROPERTIES))
    level: int = 80
    status: int = 2
    low_power: str = "0"
    screen: str = "Awake"
    thermal: list = field(default_factory=lambda: [0])
    """Thermal status of each look, the last one for ever; None for a phone that has no such service."""
    tenths: list = field(default_factory=lambda: [280])
    """Temperature of the battery of each look, tenths of °C."""
    speeds: dict = field(
        default_factory=lambda: {n: 1704000 if n < 4 else 2367000 if n < 8 else 2914000 for n in range(9)}
    )
    capacity: int = 10**9
    goes_away_at: str = ""
    made: Made = field(default_factory=Made)
    gpu: str = "works"
    """'works', 'partly', 'missing' (no such delegate), 'refused' (falls back to the processor), 'fails'."""
    tool_ends: tuple | None = None
    """(exit code, error stream) of a tool that breaks down."""
    result_file: str = "whole"
    """'whole', 'none' (an older tool), 'damaged'."""
    median: bool = True
    installed: bool = True
    instrumented: object = None
    """Called with the extras of `am instrument`: (what it prints, the record that it leaves or None)."""
    files: dict = field(default_factory=dict)
    folders: set = field(default_factory=lambda: {"/data/local/tmp"})
    commands: list = field(default_factory=list)

    def listed(self, *, long: bool) -> str:
        facts = " product:akita model:Pixel_8a device:akita transport_id:1" if long and self.state == "device" else ""
        gap = " " * max(1, 23 - len(self.serial)) if long else "\t"
        return f"{self.serial}{gap}{self.state}{facts}\n"

    def stat(self, path: str) -> tuple[int, int]:
        if path.rstrip("/") in self.folders:
            return 0o40775, 0
        return (0o100644, len(self.files[path])) if path in self.files else (0, 0)

    def store(self, path: str, data: bytes) -> str:
        if sum(map(len, self.files.values())) + len(data) > self.capacity:
            return "write failed: No space left on device"
        self.files[path] = data
        return ""

    def run(self, line: str) -> tuple[int, bytes, bytes]:
        """A line of `;` between commands: the last code, and both streams of all."""
        code, out, err = 0, b"", b""
        for part in line.split(";"):
            words = [str(code) if word == "$?" else word.replace("$?", str(code)) for word in shlex.split(part)]
            self.commands.append(words)
            code, said, complained = self._command(words)
            out, err = out + said, err + complained
        return code, out, err

    def _command(self, words: list) -> tuple[int, bytes, bytes]:
        if words[0] == "taskset":
            words = words[2:]
        name = words[0].rpartition("/")[2]
        if name == "run-as":
            words = [*words[2:-1], f"/data/data/{words[1]}/{words[-1]}"]
            name = words[0]
        done = getattr(self, f"_do_{name.replace('-', '_')}", None)
        if done is None:
            return 127, b"", f"sh: {name}: inaccessible or not found\n".encode()
        answer = done(words[1:])
        answer = answer if isinstance(answer, tuple) else (0, answer, "")
        code, out, err = answer
        return code, out if isinstance(out, bytes) else out.encode(), err.encode()

    def _do_echo(self, words):
        return " ".join(words) + "\n"

    def _do_getprop(self, words):
        return "".join(f"[{name}]: [{value}]\n" for name, value in self.properties.items())

    def _do_settings(self, words):
        return self.low_power + "\n"

    def _do_dumpsys(self, words):
        if words == ["battery"]:
            tenths = self.tenths.pop(0) if len(self.tenths) > 1 else self.tenths[0]
            charging = str(self.status == 2).lower()
            return BATTERY.format(charging=charging, status=self.status, level=self.level, tenths=tenths)
        if words == ["thermalservice"]:
            status = self.thermal.pop(0) if len(self.thermal) > 1 else self.thermal[0]
            missing = (20, "", "Can't find service: thermalservice\n")
            return missing if status is None else THERMAL.format(status=status)
        return f"POWER MANAGER (dumpsys power)\n\nPower Manager State:\n  mWakefulness={self.screen}\n"

    def _do_cat(self, words):
        system = {
            "/proc/meminfo": "MemTotal:        7762236 kB\nMemFree:          381204 kB\n",
            "/sys/devices/system/cpu/present": "0-8\n",
        }
        if words[0] in system:
            return system[words[0]]
        return self.files.get(words[0], f"cat: {words[0]}: No such file or directory\n".encode())

    def _do_wc(self, words):
        path = words[-1]
        missing = (1, "", f"wc: {path}: No such file or directory\n")
        return f"{len(self.files[path])} {path}\n" if path in self.files else missing

    def _do_grep(self, words):
        paths = {f"/sys/devices/system/cpu/cpu{n}/cpufreq/cpuinfo_max_freq": khz for n, khz in self.speeds.items()}
        lines = [f"{path}:{khz}\n" for path, khz in paths.items() if fnmatch.fnmatch(path, words[-1])]
        return "".join(lines) if lines else (2, "", f"grep: {words[-1]}: No such file or directory\n")

    def _do_mkdir(self, words):
        self.folders.add(words[-1])
        return ""

    def _do_chmod(self, words):
        return ""

    def _do_pkill(self, words):
        return 1, "", ""

    def _do_rm(self, words):
        for path in [p for p in self.files if p == words[-1] or p.startswith(words[-1] + "/")]:
            del self.files[path]
        self.folders.discard(words[-1])
        return ""

    def _do_benchmark_model(self, words):
        flags = dict(word.removeprefix("--").split("=", 1) for word in words)
        if self.tool_ends:
            return self.tool_ends[0], "INFO: STARTING!\n", self.tool_ends[1]
        assert flags["graph"] in self.files, "the model was not copied"
        if flags.get("use_gpu") == "true" and self.gpu in ("missing", "fails"):
            return self._gpu_trouble()
        made = replace(self.made, average=self.made.average / int(flags.get("num_threads", 1)))
        profiled = flags.get("enable_op_profiling") == "true"
        if "result_file_path" in flags and self.result_file != "none":
            content = written(made)
            self.files[flags["result_file_path"]] = content if self.result_file == "whole" else content[:30]
        how = self._how(flags.get("use_gpu") == "true")
        rows = [("Convolution (NHWC, F32) IGEMM", 62, 12.236, 62), ("SOFTMAX", 2, 1.764, 2)]
        out, err = printed(made, **how, median=self.median, profile=profile_of(rows) if profiled else "", peak=profiled)
        return 0, out, err

    def _gpu_trouble(self):
        if self.gpu == "missing":
            said = "WARN: GPU acceleration is unsupported on this platform.\n"
            return 0, printed(self.made)[0] + said, printed(self.made)[1]
        told = "ERROR: Following operations are not supported by GPU delegate:\nERROR: Failed to apply GPU delegate.\n"
        return 1, "INFO: STARTING!\n", told + "ERROR: Benchmarking failed.\n"

    def _how(self, gpu: bool) -> dict:
        if not gpu:
            return {"delegates": ((XNNPACK, 105, 105, 1),)}
        words = {
            "works": "Explicitly applied GPU delegate, and the model graph will be completely executed by",
            "partly": "Explicitly applied GPU delegate, and the model graph will be partially executed by",
            "refused": "Though GPU delegate is explicitly applied, the model graph will not be executed by",
        }[self.gpu] + (" the delegate w/ 1 delegate kernels." if self.gpu == "partly" else " the delegate.")
        taken = {
            "works": ((GPU, 105, 105, 1),),
            "partly": ((GPU, 100, 105, 2), (XNNPACK, 5, 6, 1)),
            "refused": ((XNNPACK, 105, 105, 1),),
        }[self.gpu]
        return {"delegates": taken, "gpu_applied": words}

    def _do_pm(self, words):
        return f"package:/data/app/{words[-1]}/base.apk\n" if self.installed else (1, "", "")

    def _do_am(self, words):
        if words[0] == "force-stop":
            return ""
        pairs = [words[i + 1 : i + 3] for i, word in enumerate(words) if word == "-e"]
        extras = dict(pairs)
        text, record = self.instrumented(extras)
        if record is not None:
            content = record if isinstance(record, bytes) else json.dumps(record).encode()
            self.files[f"/data/data/{APP}/files/{extras['result']}"] = content
        return text
