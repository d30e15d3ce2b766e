"""The synthetic telecom: customers drawn from known odds, so that estimates can be compared with the truth."""
