"""Reads the published rows for pages, exports and reports."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
"""A row of a SQL view by its column names. The SELECT in this room is its only definition, and pages only read it."""
