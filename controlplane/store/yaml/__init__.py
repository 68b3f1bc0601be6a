"""A tenant's YAML file: read with every fault and its place, fast where it was read before."""
