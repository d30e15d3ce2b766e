"""One module a page: what is asked of the database, and in which order it is shown.

Not named `pages`: Streamlit takes such a folder beside the app for its own older way of making pages, and then tells
the first reader who opens a page by its own address that there is no such page.
"""
