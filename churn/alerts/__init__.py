"""Sends alerts about failures and recoveries."""
