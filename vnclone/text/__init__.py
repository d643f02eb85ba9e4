"""Strings in, strings out: tidying, sentences, language, spoken form, chunks. Knows no file and no engine."""
