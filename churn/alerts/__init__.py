"""Alerting people about failures and recoveries."""
