"""Diagnostics: one probe gathers the facts of an installation, pure checks turn them into findings. Changes no host."""
