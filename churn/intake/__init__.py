"""Reads an extract: splits its rows into accepted rows and rejected rows, each rejected row with its reasons."""
