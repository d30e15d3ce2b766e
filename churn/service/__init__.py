"""The product as something that runs by itself: the local stack of one machine, and alerts when a run cannot."""
