"""What crosses a boundary: frames with their contracts, and the words they are made of."""
