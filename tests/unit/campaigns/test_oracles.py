"""Lin's regression and the plan of a campaign give what well-kept libraries give, which share no line with ours."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
import tea_tasting as tt

from churn.campaigns.lift import AGREED_DAY_ERROR, estimate_effect
from churn.campaigns.planning import Enrolment, needed_customers


@pytest.mark.parametrize("covariates", [1, 3])
def test_lins_regression_is_that_of_statsmodels_with_hc2_errors(covariates: int) -> None:
    generator = np.random.default_rng(3)
    known = generator.beta(1.2, 6, (900, covariates))
    is_treated = generator.random(900) < 0.8
    left = (generator.random(900) < known[:, 0] * np.where(is_treated, 0.7, 1)).astype(float)
    centred = known - known.mean(axis=0)
    arm = is_treated.astype(float)[:, None]
    fitted = sm.OLS(left, np.hstack([np.ones((900, 1)), arm, centred, arm * centred])).fit(cov_type="HC2")
    ours = estimate_effect(left, is_treated, known)

    assert ours.effect == pytest.approx(fitted.params[1], rel=1e-9)
    assert ours.standard_error == pytest.approx(fitted.bse[1], rel=1e-9)


@pytest.mark.parametrize(("effect", "holdout"), [(0.2, 0.2), (0.1, 0.5), (0.3, 0.05)])
def test_the_customers_that_a_plan_asks_for_are_those_of_tea_tasting(effect: float, holdout: float) -> None:
    share = 0.19
    left = np.repeat([1.0, 0.0], [1_900, 8_100])
    metric = tt.Mean("left", rel_effect_size=effect, ratio=(1 - holdout) / holdout, alpha=AGREED_DAY_ERROR, use_t=False)
    asked = metric.solve_power(pl.DataFrame({"left": left}), "n_obs")
    ours = needed_customers(Enrolment(0, 0, 0, share), effect, holdout, power=0.8)

    assert ours == pytest.approx(asked.to_dicts()[0]["n_obs"], rel=0.01)
