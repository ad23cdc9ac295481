"""The networks: RepNeXt and RepVGG backbones, the 6D head, their folding and their checkpoints."""
