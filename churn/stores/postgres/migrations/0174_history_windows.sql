-- What the features of a declared column with over_days look back on.
CREATE TABLE IF NOT EXISTS analytics.history_windows (
    as_of_date date NOT NULL,
    earlier_date date NOT NULL,
    PRIMARY KEY (as_of_date, earlier_date)
);
COMMENT ON TABLE analytics.history_windows IS
    'One row per as-of date and extract up to then, for as many days as over_days of the declaration says.';
COMMENT ON COLUMN analytics.history_windows.as_of_date IS 'The as-of date of the features';
COMMENT ON COLUMN analytics.history_windows.earlier_date IS
    'An extract that they look back on; the date itself too';
