"""Access to Postgres: address, engine, locks, copying rows, tables, migrations, roles, and the embedded server."""
