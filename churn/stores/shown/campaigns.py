"""Reads what pages show of campaigns, from `reporting`. Every function takes a reader's connection.

Rows are dicts with the column names as keys. Money is a float in USD, and NULL is None.
"""

from datetime import date

from sqlalchemy import Connection

from churn.stores.shown import Row, read_rows


def read_campaigns(connection: Connection) -> list[Row]:
    """Returns every campaign, the newest first."""
    query = """
        SELECT campaign_id, status, started_at, enrol_from, enrol_until, window_days, read_on, holdout_share,
            is_synthetic, treated_count, control_count, last_wave_date, sent_count, waiting_count, reached_count,
            accepted_count, CAST(contact_cost_usd AS float8), CAST(held_out_profit_usd AS float8), reading_date,
            leaving_verdict, leaving_why, money_verdict, money_why, money_effect_usd
        FROM reporting.campaign_history ORDER BY started_at DESC, campaign_id
    """
    return read_rows(connection, query)


def read_newest_readings(connection: Connection, campaign_id: str) -> list[Row]:
    """Returns the newest reading of each outcome and contrast of a campaign: of all its customers first."""
    query = """
        SELECT as_of_date, outcome, contrast, treated_count, control_count, treated_leavers_count,
            control_leavers_count, reached_share, verdict, why
        FROM reporting.campaign_readings WHERE campaign_id = :campaign_id AND is_newest
        ORDER BY contrast <> 'all', contrast, outcome
    """
    return read_rows(connection, query, campaign_id=campaign_id)


def read_exclusions(connection: Connection, campaign_id: str, wave_date: date) -> list[Row]:
    """Returns how many active customers a wave enrolled or left alone, by the first reason that held."""
    query = """
        SELECT reason, customers_count FROM reporting.campaign_exclusions
        WHERE campaign_id = :campaign_id AND wave_date = :wave_date ORDER BY customers_count DESC, reason
    """
    return read_rows(connection, query, campaign_id=campaign_id, wave_date=wave_date)


def read_left_alone(connection: Connection, day: date) -> list[Row]:
    """Returns the groups of customers whom a contact drives away on a date, the largest first."""
    query = """
        SELECT contract, tenure_band, internet_service, payment_method, count(*) AS customers_count,
            avg(expected_effect) AS expected_effect
        FROM reporting.leave_alone WHERE prediction_date = :day
        GROUP BY contract, tenure_band, internet_service, payment_method
        ORDER BY customers_count DESC, contract, tenure_band, internet_service, payment_method LIMIT 50
    """
    return read_rows(connection, query, day=day)


def read_held_out(connection: Connection, day: date) -> list[Row]:
    """Returns how many active customers each running campaign holds out on a date."""
    query = """
        SELECT campaign_id, count(*) AS customers_count FROM reporting.held_out
        WHERE prediction_date = :day GROUP BY campaign_id ORDER BY campaign_id
    """
    return read_rows(connection, query, day=day)
