"""What pages, exports and reports read."""
