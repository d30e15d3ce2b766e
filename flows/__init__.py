"""The flows: when the steps run, and in which order. A task is one call of the library plus a policy."""
