"""The ledgers: loads, publications, gate decisions, revisions and incidents."""
