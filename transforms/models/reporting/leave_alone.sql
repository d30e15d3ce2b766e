/* One row per published date and customer whom a contact is proven to drive away. */
MODEL (
  name reporting.leave_alone,
  kind VIEW,
  description 'One row per published date with a wave, and active customer of a group whose worst tenth left more often when it was contacted, with a 95% interval. Empty until that is proven on the own customers of the company. A wave gives such a customer no seat, except by the draw that keeps testing it.',
  grain (prediction_date, customer_id),
  audits (
    unique_combination_of_columns(columns := (prediction_date, customer_id)),
    not_null(columns := (prediction_date, customer_id, expected_effect))
  )
);

WITH left_alone AS (
  SELECT
    prediction_date,
    customer_id,
    expected_effect
  FROM ops.left_alone
), published AS (
  SELECT
    prediction_date
  FROM ops.publications
  WHERE
    status = 'published'
), customers AS (
  SELECT
    prediction_date,
    customer_id,
    contract,
    tenure_band,
    internet_service,
    payment_method,
    risk_tier
  FROM analytics.customer_risk
)
SELECT
  left_alone.prediction_date::DATE AS prediction_date, /* The date that was scored */
  left_alone.customer_id::TEXT AS customer_id, /* The customer number of the company */
  left_alone.expected_effect::DOUBLE PRECISION AS expected_effect, /* What a contact is expected to add to the probability of leaving, 0 to 1 */
  customers.risk_tier::TEXT AS risk_tier, /* The risk tier: High, Medium or Low */
  customers.contract::TEXT AS contract, /* The contract: Month-to-month, One year or Two year */
  customers.tenure_band::TEXT AS tenure_band, /* The months as a customer, in four bands: 0-12, 13-24, 25-48, 49+ */
  customers.internet_service::TEXT AS internet_service, /* The internet service: DSL, Fiber optic or None */
  customers.payment_method::TEXT AS payment_method /* How the customer pays the bill */
FROM left_alone
INNER JOIN published
  ON published.prediction_date = left_alone.prediction_date
LEFT JOIN customers
  ON customers.prediction_date = left_alone.prediction_date
  AND customers.customer_id = left_alone.customer_id
