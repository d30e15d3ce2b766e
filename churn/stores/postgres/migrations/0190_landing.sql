-- Contacts go out by a view and by signed webhooks, and what came of them comes back by inserts into landing.
-- The tables are created as they are declared; they are new, so no row has to be changed.
COMMENT ON COLUMN ops.contacts.destination IS 'Where it was sent: a file, reporting.contact_list, or a web address';
