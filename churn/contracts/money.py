"""What screens and pages say where an extract has no value a month: a missing amount must not look like zero."""

NO_VALUE = "The extract has no value a month, so that no figure is money."
"""Stands in the place of every sum."""
