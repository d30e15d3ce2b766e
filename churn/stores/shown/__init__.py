"""Reads the published rows for pages, exports and reports."""
