"""Where drawn heads used to be; they are training data too and live in `training.data.drawn_faces`."""

from training.data.drawn_faces import STYLES, FaceStyle, draw_face

__all__ = ["STYLES", "FaceStyle", "draw_face"]
