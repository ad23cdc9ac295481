"""Signals: one stop that is told twice is one, and who presses Ctrl-C again does not want to wait."""

import os
import signal
import time

import pytest

from training.stopping import StopRequest, listening


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
def test_the_echo_of_a_stop_does_not_interrupt(first, second):
    request = StopRequest()
    with listening(request):
        for number in (first, second):
            os.kill(os.getpid(), number)
            time.sleep(0.01)
    assert request.reason == first.name
    assert request.exit_code == 128 + first


def test_only_a_later_ctrl_c_interrupts():
    request = StopRequest()
    with listening(request):
        os.kill(os.getpid(), signal.SIGTERM)
        request.since -= 60
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert request.reason == "SIGTERM"


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with listening(StopRequest()):
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_the_clock():
    assert StopRequest().reason is None
    assert StopRequest(max_minutes=60).reason is None
    late = StopRequest(max_minutes=1e-9)
    time.sleep(0.001)
    assert late.reason == "time"
    assert late.exit_code == 0
