"""The migration itself: export, V5 API, proof of start, watch over the import.

Everything that a module runs on a host (through ``plugins/module_utils/migration``, a link to this folder) uses the
standard library only and Python 3.8 syntax; see docs/architecture.md.
"""
