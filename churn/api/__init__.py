"""Online scores over HTTP: one customer, now, with the number that the batch would give. The only room with FastAPI."""
