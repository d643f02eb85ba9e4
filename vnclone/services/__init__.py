"""The use-cases: accounts, voices, library, generations. Every door calls these, and these check who owns what."""
