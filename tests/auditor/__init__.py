"""Checks a log that it did not write: its own reading of the bytes, its own folds, its own view of what has to hold."""
