"""The checks, a module a group. What several of them use is in ``diagnostics/remedy.py``."""
