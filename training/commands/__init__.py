"""Sub-commands of the headpose program that need training."""
