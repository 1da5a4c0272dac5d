"""Read which model is current in a registry."""
