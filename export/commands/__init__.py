"""Sub-commands of ``headpose`` that export, prove and inspect artefacts."""
