"""Reaching Postgres: address, engine, locks, rows in and out, tables, roles, the embedded server."""
