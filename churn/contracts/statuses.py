"""The words that the ledgers store: verdicts, statuses and bases. Tables, Python and pages take them from here."""

from typing import Literal

Verdict = Literal["promote", "hold", "reject"]
Decider = Literal["gate", "person"]
Basis = Literal["live", "replayed", "as_if", "reconstructed"]
LoadStatus = Literal["started", "loaded", "superseded", "refused", "interrupted", "pruned"]
PublicationStatus = Literal["staged", "published", "withdrawn", "pruned"]
RiskTier = Literal["High", "Medium", "Low"]
WithdrawalDecision = Literal["withdrawn", "released"]
ErasureDecision = Literal["forgotten", "readmitted"]
Origin = Literal["real", "synthetic"]
Severity = Literal["critical", "error", "warning"]
AlertKind = Literal["critical", "error", "warning", "recovered", "digest"]

VERDICT_WORDS: dict[Verdict, str] = {"promote": "promoted", "hold": "held", "reject": "rejected"}
"""Each verdict as a participle, for sentences: "version 4 is held"."""
