"""Which examples a campaign has touched: whom it enrolled within their window, to contact or to hold out.

Everybody enrolled for a contact counts as contacted, sent and reached or not: the draw decided about them, and those
who cannot be reached are other people than the rest.
"""

ENROLLED = """
    LEFT JOIN (
        SELECT windows.as_of_date, assignments.customer_id, bool_or(arm = 'treatment') AS is_contacted,
            round(CAST(exp(sum(-ln(holdout_share))) AS numeric), 6)::float8 AS weight
        FROM analytics.label_windows AS windows
        JOIN ops.assignments AS assignments
            ON enrolled_on >= windows.as_of_date AND enrolled_on < windows.label_date
        JOIN ops.campaigns USING (campaign_id)
        GROUP BY windows.as_of_date, assignments.customer_id
    ) AS enrolled USING (as_of_date, customer_id)
"""
"""Joins examples to is_contacted and weight; both are NULL for a customer whom no campaign enrolled.

The weight is 1 / holdout_share. A customer whom two campaigns hold out stands for those whom either of them contacted,
so the weights are multiplied: SQL has no product, and exp(sum(ln)) is one up to its last digits.
"""
