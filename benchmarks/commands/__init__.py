"""Sub-commands that measure and show."""
