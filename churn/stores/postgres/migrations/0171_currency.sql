-- Money has a currency: loads and publications keep it. An earlier release noted one other than USD at the load.
ALTER TABLE raw_data.loads ADD COLUMN IF NOT EXISTS currency text NOT NULL DEFAULT 'USD';
COMMENT ON COLUMN raw_data.loads.currency IS 'The currency of all money, such as USD or CHF';
UPDATE raw_data.loads SET currency = substring(array_to_string(notes, '; ') FROM 'money is in ([A-Z]{3})')
    WHERE array_to_string(notes, '; ') ~ 'money is in [A-Z]{3}, although';
ALTER TABLE ops.publications ADD COLUMN IF NOT EXISTS currency text NOT NULL DEFAULT 'USD';
COMMENT ON COLUMN ops.publications.currency IS 'The currency of all money, such as USD or CHF';
UPDATE ops.publications SET currency = loads.currency FROM raw_data.loads
    WHERE loads.load_id = publications.load_id AND loads.currency <> 'USD';
