"""Reads the decisions of the gate and the figures of model versions for pages, from `reporting`."""

from sqlalchemy import Connection

from churn.stores.shown import Row, read_rows


def read_models(connection: Connection) -> list[Row]:
    """Returns every gate decision, the latest first."""
    return read_rows(
        connection,
        """
        SELECT promotion_id, decided_at, as_of_date, model_version, family, decision, decided_by, reasons, test_pr_auc,
            test_pr_auc_low, test_pr_auc_high, champion_version, is_champion, champion_from, champion_until,
            published_dates_count
        FROM reporting.model_history ORDER BY promotion_id DESC
        """,
    )


def read_model_figures(connection: Connection, promotion_id: int) -> list[Row]:
    """Returns the figures of the candidates of a decision."""
    return read_rows(
        connection,
        """
        SELECT family, figure, is_selected, value, low, high FROM reporting.model_figures
        WHERE promotion_id = :promotion ORDER BY family, figure
        """,
        promotion=promotion_id,
    )


def read_model_curves(connection: Connection, promotion_id: int) -> list[Row]:
    """Returns the points of the calibration, gain and profit curves of a decision, from left to right."""
    return read_rows(
        connection,
        """
        SELECT curve, point_number, x_value, y_value, customers_count FROM reporting.model_curves
        WHERE promotion_id = :promotion ORDER BY curve, point_number
        """,
        promotion=promotion_id,
    )


def read_model_slices(connection: Connection, promotion_id: int) -> list[Row]:
    """Returns the figures of the version of a decision for each slice of customers."""
    return read_rows(
        connection,
        """
        SELECT dimension, segment, customers_count, churned_customers_count, average_churn_probability, churn_rate,
            at_risk_rate, roc_auc, roc_auc_low, roc_auc_high
        FROM reporting.model_slices WHERE promotion_id = :promotion ORDER BY slice_number
        """,
        promotion=promotion_id,
    )
