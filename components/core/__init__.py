"""Ground floor: contracts, storage, networks, heads, training. Imports no step."""
