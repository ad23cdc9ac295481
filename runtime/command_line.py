"""How every command ends: the exit codes and the one sentence on the error stream."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from runtime.errors import HeadPoseError


def run_command(command: Any, program: str, description: str, argv: list[str]) -> int:
    """Parse `argv` for a command and run it.

    Args:
        command: a module (or object) with ``add_arguments(parser)`` and ``run(args) -> int``.
        program: what --help calls it.
        description: its line in --help.
        argv: the arguments behind the program's name.

    Returns:
        Its own exit code; 2 after bad input, 130 after Ctrl-C, 141 if the reader of its output has gone.
    """
    try:
        parser = argparse.ArgumentParser(prog=program, description=description)
        command.add_arguments(parser)
        code = int(command.run(parser.parse_args(argv)))
        sys.stdout.flush()
        return code
    except HeadPoseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output (head, less) has gone: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def stop_on_sigterm() -> None:
    """Let a polite kill end like Ctrl-C: through the code that removes half-written files."""
    import signal
    import threading

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
