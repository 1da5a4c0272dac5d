"""The model registry: versions that never change, and for each name a pointer to the current one."""
