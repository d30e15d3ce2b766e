-- Each scored date keeps the contacts a day and the save rate of its policy, so that readers see where the seats end.
ALTER TABLE ops.publications ADD COLUMN seats_count bigint;
ALTER TABLE ops.publications ADD COLUMN save_rate double precision;
ALTER TABLE ops.publications ADD COLUMN is_save_rate_measured boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ops.publications.seats_count IS 'Contacts a day of all channels of the policy; NULL: it sets no limit';
COMMENT ON COLUMN ops.publications.save_rate IS 'Share of contacted leavers who stay, as the money of contacts takes it';
COMMENT ON COLUMN ops.publications.is_save_rate_measured IS 'A campaign measured a share that agrees with save_rate; else it is assumed';
