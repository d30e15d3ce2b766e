"""Backups of a home and of its database, and how they are restored."""
