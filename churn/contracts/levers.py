"""The reasons of a score that a company can change. Only these may be said to a customer.

Age, tenure, household and gender are no levers: a caller cannot change them, and must not mention them.
"""

LEVERS = (
    "+ month-to-month contract",
    "+ fiber without support",
    "+ DSL without support",
    "+ no security or backup",
    "+ backup without security",
    "+ monthly bill over $70",
    "+ electronic check",
    "+ mailed check",
)
"""Reasons as `scoring.reasons` writes them: the sign says that they raise the risk."""
