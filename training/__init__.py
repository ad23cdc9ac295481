"""PyTorch: the networks, their checkpoints and their training."""
