"""Churn prediction a telecom can run its retention on: the library. How, never when."""
