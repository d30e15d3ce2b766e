"""The pages people look at: a web app on the reporting schema, a one-file report, sources for Tableau. Reads only."""
