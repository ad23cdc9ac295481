"""The webcam in a window: OpenCV reads the camera, pygame shows the picture."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from runtime.draw import annotate, draw_label
from runtime.errors import HeadPoseError, MissingDependencyError
from runtime.estimator import HeadPoseEstimator
from runtime.quiet_opencv import quiet_opencv

Image = npt.NDArray[np.uint8]

_NO_DISPLAY = ("offscreen", "dummy")  # what SDL falls back to where there is no screen
_SMOOTHING = 0.9  # of the frame rate that is shown


def _open_window(size: tuple[int, int]) -> Any:
    """A pygame window of `size` (width, height); raise HeadPoseError where there is no display."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import pygame
    except ImportError as error:
        raise MissingDependencyError("pygame-ce", "the live window", "webcam") from error
    asked = os.environ.get("SDL_VIDEODRIVER")
    try:
        pygame.display.init()
        if pygame.display.get_driver() in _NO_DISPLAY and not asked:
            raise HeadPoseError("there is no display for the live window: run it on a desktop, or give a video file")
        pygame.display.set_caption("head pose — Esc or q closes")
        return pygame.display.set_mode(size, pygame.RESIZABLE)
    except pygame.error as error:
        raise HeadPoseError(f"the live window cannot be opened ({error}): run it on a desktop") from error


def _open_camera(index: int) -> Any:
    import cv2

    with quiet_opencv():
        camera = cv2.VideoCapture(index)
    if not camera.isOpened():
        camera.release()
        raise HeadPoseError(
            f"camera {index} cannot be opened: connect one, close other programs that use it, or allow access"
        )
    return camera


def _closed(pygame: Any) -> bool:
    """Whether the user closed the window or pressed Esc or q since the last call."""
    events = pygame.event.get()
    keys = [event.key for event in events if event.type == pygame.KEYDOWN]
    return any(event.type == pygame.QUIT for event in events) or pygame.K_ESCAPE in keys or pygame.K_q in keys


def _show(pygame: Any, window: Any, image: Image) -> None:
    """Draw RGB (H, W, 3) into the window, scaled to fit and centred."""
    surface = pygame.image.frombuffer(np.ascontiguousarray(image).tobytes(), image.shape[1::-1], "RGB")
    width, height = window.get_size()
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    window.fill((0, 0, 0))
    window.blit(pygame.transform.smoothscale(surface, size), ((width - size[0]) // 2, (height - size[1]) // 2))
    pygame.display.flip()


def run_webcam(estimator: HeadPoseEstimator, index: int = 0, *, style: str = "axes", camera: Any = None) -> int:
    """Show the webcam with head poses until Esc, q or the window's close button; returns the number of frames shown.

    Args:
        estimator: finds the poses.
        index: number of the camera, 0 is the first one.
        style: "axes" or "cube".
        camera: an object with OpenCV's VideoCapture interface instead of a real camera.

    Raises:
        HeadPoseError: no display, no camera, or the camera stops giving pictures.
    """
    camera = _open_camera(index) if camera is None else camera
    try:
        window = _open_window((960, 720))
        return _loop(estimator, camera, window, style)
    finally:
        camera.release()
        _close_window()


def _close_window() -> None:
    try:
        import pygame
    except ImportError:
        return
    pygame.display.quit()


def _loop(estimator: HeadPoseEstimator, camera: Any, window: Any, style: str) -> int:
    import pygame

    shown, rate, before = 0, 0.0, time.perf_counter()
    while not _closed(pygame):
        there, bgr = camera.read()
        if not there:
            raise HeadPoseError(
                "the camera stopped giving pictures: check the cable and whether it is in use elsewhere"
            )
        image = np.ascontiguousarray(bgr[..., ::-1])
        picture = annotate(image, estimator.predict(image), style)
        now = time.perf_counter()
        rate = _SMOOTHING * rate + (1 - _SMOOTHING) / (now - before) if shown else 1 / (now - before)
        before = now
        _show(pygame, window, draw_label(picture, [f"{rate:.0f} frames/s"], (8, 8), 18))
        shown += 1
    return shown
