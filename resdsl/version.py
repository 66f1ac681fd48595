"""The version of resdsl, defined only here."""

__version__ = "0.1.0"
