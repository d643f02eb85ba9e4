"""Readers of Vietnamese writing: each kind of figure, code and abbreviation has one file; what they know is in tables."""
