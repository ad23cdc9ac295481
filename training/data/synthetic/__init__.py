"""Rendered heads with exact rotations: geometry, surface, light, camera, and the scenes that are drawn from a seed."""
