"""Sets that several processes render: the same bytes always, whole shards only, and how every bad end is told."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import HeadPoseError, MissingDependencyError
from runtime.preprocess import Box
from runtime.rotation import euler_to_rotation, geodesic_deg
from training.data.face_list import open_face_list
from training.data.synthetic.generate import PROVENANCE_NAME, Order, WorkerDiedError, generate
from training.data.synthetic.shards import ShardRecord, shard_folder

NEVER = -1


@dataclass(frozen=True)
class Blocks:
    """Pictures of one colour, drawn without OpenGL; at one of them something may happen."""

    notes: Path
    """A folder: what each process did."""
    at: int = NEVER
    """The picture at which it happens."""
    what: str = ""

    def parameters(self):
        return {"kind": "blocks"}

    @contextmanager
    def open(self):
        (self.notes / f"{os.getpid()}.process").touch()
        if self.what == "no package":
            raise MissingDependencyError("moderngl", "drawing heads", "synth")
        yield self.paint
        (self.notes / f"{os.getpid()}.closed").touch()

    def paint(self, index):
        (self.notes / f"{index}.picture").write_text(os.environ["LP_NUM_THREADS"])
        if index == self.at:
            self._happen()
        image = np.full((16, 16, 3), (index * 5 % 256, 40, 200), np.uint8)
        return image, record_of(index)

    def _happen(self):
        if self.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.what == "mistake":
            raise ZeroDivisionError("not foreseen")
        if self.what == "damaged":
            raise HeadPoseError("the texture skin.png cannot be read: copy the assets again")
        if self.what == "wait":
            (self.notes / "waiting").touch()
            signal.pause()
        if self.what == "full":
            Path.write_bytes = _full  # in this process only

    def rendered(self):
        return sorted(int(file.stem) for file in self.notes.glob("*.picture"))

    def processes(self):
        return [int(file.stem) for file in self.notes.glob("*.process")]


def _full(file, data):
    raise OSError(errno.ENOSPC, "No space left on device")


def record_of(index):
    return ShardRecord(euler_to_rotation(0, index, 0), Box(1, 1, 9, 9), f"{index % 3}", {"index": index})


@pytest.fixture
def blocks(tmp_path):
    (tmp_path / "notes").mkdir()
    return Blocks(tmp_path / "notes")


@pytest.fixture
def order(tmp_path):
    return Order(tmp_path / "set", count=11, shard_size=3, suffix=".png", workers=2)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The files of the set that one process makes."""
    place = tmp_path_factory.mktemp("whole")
    generate(Blocks(place), Order(place / "set", 11, 3, ".png", 1))
    return contents(place / "set")


def contents(folder):
    files = sorted(file for file in Path(folder).rglob("*") if file.is_file() and file.name != PROVENANCE_NAME)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_the_number_of_processes_changes_no_byte(blocks, order, whole):
    labels = generate(blocks, order)
    assert len(blocks.processes()) == 2
    assert contents(order.folder) == whole
    source = open_face_list(labels)
    assert len(source) == 11
    assert geodesic_deg(source.rotations, euler_to_rotation(0, np.arange(11), 0)).max() < 1e-5
    assert [int(source.picture(index)[0, 0, 0]) for index in range(11)] == [5 * index for index in range(11)]
    assert [len(list(shard_folder(order.folder, n).glob("*.png"))) for n in range(4)] == [3, 3, 3, 2]
    assert (order.folder / PROVENANCE_NAME).is_file()


def test_the_processes_are_told_to_take_one_thread_and_nobody_else_is(blocks, order, monkeypatch):
    monkeypatch.delenv("LP_NUM_THREADS", raising=False)
    generate(blocks, order)
    assert {file.read_text() for file in blocks.notes.glob("*.picture")} == {"1"}
    assert "LP_NUM_THREADS" not in os.environ


def test_progress_counts_pictures_and_tells_the_speed(blocks, order):
    told = []
    generate(blocks, order, lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(12))
    assert {total for _, _, total in told} == {11}
    assert all("images/s" in text and "left" in text for text, _, _ in told[1:])
    told.clear()
    generate(blocks, order, lambda *step: told.append(step))
    assert told == []  # nothing is missing


BAD_ENDS = {
    "kill": (
        WorkerDiedError,
        r"died \(signal 9, perhaps for want of memory\) with . of 4 shards to go: run the same c",
    ),
    "mistake": (WorkerDiedError, r"died \(exit code 1\).* run the same command again"),
    "damaged": (HeadPoseError, "skin.png cannot be read: copy the assets again$"),
    "full": (HeadPoseError, "cannot write .*shard_00002: No space left on device$"),
}


@pytest.mark.parametrize("what", BAD_ENDS)
def test_a_bad_end_in_a_shard_is_one_sentence_and_the_next_run_goes_on(blocks, order, whole, what):
    kind, words = BAD_ENDS[what]
    with pytest.raises(HeadPoseError, match=words) as caught:
        generate(replace(blocks, at=7, what=what), order)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert not any(alive(pid) for pid in blocks.processes())
    missing = order.missing()
    assert 2 in missing
    assert not shard_folder(order.folder, 2).exists()
    if what != "kill":  # which leaves files that the end of a set removes
        assert list(order.folder.glob(".shard*")) == []
    for note in blocks.notes.glob("*.picture"):
        note.unlink()
    generate(blocks, replace(order, workers=1))
    assert blocks.rendered() == [index for shard in missing for index in order.indices(shard)]
    assert contents(order.folder) == whole


def test_what_no_process_can_do_is_told_once(blocks, order):
    with pytest.raises(HeadPoseError, match=r"drawing heads needs the package moderngl: install it with  pip install"):
        generate(replace(blocks, what="no package"), order)
    assert [file.name for file in order.folder.iterdir()] == ["manifest.json"]


STARTED = """
import sys
sys.path[:] = {path!r}
import headpose
from pathlib import Path
from runtime.command_line import run_command, stop_on_sigterm
from test_synthetic_generate import *
class Command:
    def add_arguments(self, parser): pass
    def run(self, args):
        generate(Blocks(Path({notes!r}), at=7, what="wait"), Order(Path({folder!r}), 11, 3, ".png", 2))
if __name__ == "__main__":
    stop_on_sigterm()
    raise SystemExit(run_command(Command(), "headpose", "", []))
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)],
    ids=["Ctrl-C", "SIGTERM", "SIGKILL"],
)
def test_all_processes_end_with_the_main_one(blocks, order, tmp_path, number, code):
    path = [str(Path(__file__).parent), *sys.path]
    script = tmp_path / "script.py"
    script.write_text(STARTED.format(path=path, notes=str(blocks.notes), folder=str(order.folder)))
    started = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True, start_new_session=True)
    until(lambda: (blocks.notes / "waiting").exists())
    if number == signal.SIGINT:
        os.killpg(started.pid, number)  # as a terminal does
    else:
        started.send_signal(number)
    if number == signal.SIGKILL:  # nobody is left to end them, and one of them waits for nothing
        assert started.wait(20) == code
        until(lambda: sum(alive(pid) for pid in blocks.processes()) <= 1)
        for pid in filter(alive, blocks.processes()):
            os.kill(pid, signal.SIGTERM)
        started.stderr.close()
    else:
        assert started.communicate(timeout=20)[1] == "interrupted\n"
        assert started.returncode == code
    until(lambda: not any(alive(pid) for pid in blocks.processes()))
    assert list(order.folder.glob(".shard*")) == []
    assert 2 in order.missing()


def test_another_set_is_refused_before_anything_is_rendered(blocks, order):
    with pytest.raises(HeadPoseError, match="moderngl"):
        generate(replace(blocks, what="no package"), order)  # begun
    for note in blocks.notes.iterdir():
        note.unlink()
    for changed, words in (
        (replace(order, count=12), "rendered with count 11, not 12"),
        (replace(order, shard_size=4), "shard_size 3, not 4"),
        (replace(order, suffix=".jpg"), 'format ".png", not ".jpg"'),
    ):
        with pytest.raises(HeadPoseError, match=words):
            generate(blocks, changed)
    assert list(blocks.notes.iterdir()) == []


@pytest.mark.parametrize("field", ["count", "shard_size", "workers"])
def test_nothing_cannot_be_ordered(order, field):
    with pytest.raises(HeadPoseError, match=f"--{field.replace('_', '-')} is 0: a rendered set needs 1 or more"):
        replace(order, **{field: 0})


def test_a_folder_that_cannot_be_made(blocks, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HeadPoseError, match="cannot create the folder"):
        generate(blocks, Order(tmp_path / "file" / "set", 3))
    assert blocks.processes() == []
