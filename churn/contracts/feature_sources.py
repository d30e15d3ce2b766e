"""The columns of the extract that each feature of the public sample is computed from."""

from churn.contracts.extract import EXTRACT_COLUMNS

_ADD_ONS = ("internet_service", "online_security", "online_backup")
FEATURE_SOURCES: dict[str, tuple[str, ...]] = {
    "monthly_charges": ("monthly_charges",),
    "tenure_months": ("tenure",),
    "tenure_log": ("tenure",),
    "tenure_inverse": ("tenure",),
    "price_above_list_usd": EXTRACT_COLUMNS,
    "is_senior_citizen": ("senior_citizen",),
    "has_partner": ("partner",),
    "has_dependents": ("dependents",),
    "has_phone_service": ("phone_service",),
    "has_multiple_lines": ("multiple_lines",),
    "has_internet_service": ("internet_service",),
    "has_fiber_optic": ("internet_service",),
    "has_online_security": ("online_security",),
    "has_online_backup": ("online_backup",),
    "has_device_protection": ("device_protection",),
    "has_tech_support": ("tech_support",),
    "has_streaming_tv": ("streaming_tv",),
    "has_streaming_movies": ("streaming_movies",),
    "is_month_to_month": ("contract",),
    "is_two_year_contract": ("contract",),
    "uses_paperless_billing": ("paperless_billing",),
    "uses_electronic_check": ("payment_method",),
    "uses_automatic_payment": ("payment_method",),
    "no_security_no_backup": _ADD_ONS,
}
"""The columns of the extract that each feature of the public sample is computed from."""
