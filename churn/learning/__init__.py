"""Trains models on features and labels, and compares them. Pure: this room reads no store and writes none."""
