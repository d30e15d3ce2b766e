"""One module a page: what is asked of the database, and in which order it is shown."""
