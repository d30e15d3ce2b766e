"""Reads and writes the rows of dates: snapshots, features and predictions. Compares published rows with scores."""
