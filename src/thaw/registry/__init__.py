"""The model registry: versions that never change, and a pointer to the current one."""
