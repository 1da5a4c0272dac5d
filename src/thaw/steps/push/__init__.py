"""Release a model that passed the gate to a registry."""
