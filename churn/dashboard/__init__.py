"""The pages for people: a web app on the reporting schema, a report in one file, sources for Tableau. Reads only."""
