"""The checks, a module a group.

What several of them use stands beside this folder: ``remedy.py`` and ``server.py`` (commands that mend the application
and what the server brings), ``units.py`` (numbers and words), ``exports.py`` (the size of a migration).
"""
