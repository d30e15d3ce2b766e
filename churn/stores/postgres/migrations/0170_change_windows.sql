-- What a price is compared with: a model may learn from price changes, and not from prices only.
CREATE TABLE IF NOT EXISTS analytics.change_windows (
    as_of_date date PRIMARY KEY,
    earlier_date date NOT NULL
);
COMMENT ON TABLE analytics.change_windows IS
    'One row per as-of date with an extract of about 30 days before.';
COMMENT ON COLUMN analytics.change_windows.as_of_date IS 'The as-of date of the features';
COMMENT ON COLUMN analytics.change_windows.earlier_date IS
    'The extract nearest to 30 days before, within 7 days';
