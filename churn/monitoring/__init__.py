"""Whether published probabilities came true, and what changed: pure functions of aggregated rows."""
