-- The retention loop has tables of its own: campaigns, waves, contacts, events, suppressions and readings.
-- The tables are created as they are declared; they are new, so no row has to be changed.
SELECT 1;
