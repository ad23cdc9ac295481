"""Sub-commands of ``headpose`` that need the runtime alone."""
