"""vnclone: documents read aloud in a cloned voice, Vietnamese first."""

__version__ = "0.1.0"
