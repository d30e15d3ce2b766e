"""A model trained on three months of matured labels, beside the true hazards of the made-up customers.

uv run python -m tests.benchmarks.hazard
"""

import os
import tempfile
from pathlib import Path

from churn.settings import Settings
from churn.stores.postgres.embedded import stop_embedded
from tests.support.months import CUSTOMERS, learn_three_months, ranking


def main() -> None:
    """Prints ROC-AUC over all that may happen, and the mean, of the model and of the truth."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        os.environ["CHURN_HOME"] = str(settings.home_dir)  # SQLMesh's configuration reads the environment
        try:
            told = learn_three_months(settings, Path(folder) / "landing").told
        finally:
            stop_embedded(settings.home_dir)
    print(f"{CUSTOMERS:,} customers, three months{'ROC-AUC':>12}{'mean':>10}")
    for title, scores in (("true hazard", "monthly_hazard"), ("model", "churn_probability")):
        print(f"{title:31}{ranking(told, scores):>12.4f}{float(told[scores].mean()):>10.4f}")


if __name__ == "__main__":
    main()
