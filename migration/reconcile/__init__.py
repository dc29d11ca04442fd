"""Compares a company in V4 with the same company in V5: every record, every amount, every attachment.

Each host takes a manifest of its own database (host.py, by the host's PHP): counts and sums, and a digest for every
group of records. compare.py says which groups differ, the hosts then give only the records of those, and compare.py
makes the document of them. What a clean import makes of V4's values is in entities.py and settings.py.
"""
