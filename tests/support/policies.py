"""The default policy, and the tiers that it gives a label without a horizon."""

from churn.economics.policies import load_policies
from churn.economics.tiers import resolve_tiers

POLICIES = load_policies()
VALUE = POLICIES.value
TIERS = resolve_tiers(POLICIES.tiers, "probability")
