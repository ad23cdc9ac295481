"""Data sets, crops and augmentation."""
