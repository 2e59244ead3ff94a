"""Measures this machine: ``mimamori bench`` and ``mimamori soak``."""
