"""Samples in, samples out: reading, judging, cleaning, joining and encoding sound. Knows no engine and no user."""
