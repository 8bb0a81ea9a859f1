"""Columns of tables, from memory or from files: keys, numbers and times, with the place of what is wrong."""
