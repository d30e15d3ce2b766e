"""Rows by date: snapshots, features, predictions, and whether readers see them whole."""
