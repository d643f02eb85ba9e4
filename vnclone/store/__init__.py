"""Rows and files: SQLite through sqlite-utils, and the paths of the data folder. Knows no use-case."""
