"""The synthetic telecom: customers that never lived, drawn from known odds: estimates can be held against the truth."""
