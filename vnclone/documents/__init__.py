"""A file in, a Manuscript out: sniffing, one reader a format, scanned pages. Runs in a limited child process."""
