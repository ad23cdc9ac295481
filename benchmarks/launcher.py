"""Runs one command and prints its wall time, peak memory and exit code as JSON; started by benchmarks.process.

A process of its own and imports of the standard library only: on Linux the memory peak that a child reports starts
from that of its parent, so a large parent would hide a small child.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Arguments: the command. Its standard output is dropped, its error stream is ours."""
    start = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes, "code": child.returncode}))


if __name__ == "__main__":
    main()
