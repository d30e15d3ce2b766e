"""One module for each page: its queries and the order of its content.

The folder is not named `pages`: Streamlit 1.67 treats a folder of that name beside the app as its older kind of pages,
and then answers "page not found" to the first reader who opens a page by its address.
"""
