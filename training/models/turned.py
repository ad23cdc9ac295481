"""A network whose answers are turned by one rotation: exact, since Gram–Schmidt turns with its two vectors."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import numpy.typing as npt
import torch

from runtime.errors import HeadPoseError
from training.models.sixdrepnet import SixDRepNet


def turned(network: SixDRepNet, turn: npt.ArrayLike) -> SixDRepNet:
    """A copy that answers `turn` @ R where the network answers R; only its 6D head differs.

    For labels that count from another neutral pose than those that it was trained on.

    Args:
        network: any SixDRepNet; it is not changed.
        turn: (3, 3) rotation.

    Raises HeadPoseError for a matrix that is no rotation.
    """
    matrix = np.asarray(turn, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-6) or np.linalg.det(matrix) < 0:
        raise HeadPoseError("the answers of a network are turned by a (3, 3) rotation, and this is none")
    copy = deepcopy(network)
    both = torch.from_numpy(np.kron(np.eye(2), matrix))  # a → M a, b → M b
    with torch.no_grad():
        copy.head.weight.copy_(both @ network.head.weight.double())
        copy.head.bias.copy_(both @ network.head.bias.double())
    return copy
