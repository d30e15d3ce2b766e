"""What was decided and what happened, kept for good: gate decisions, revisions, incidents."""
