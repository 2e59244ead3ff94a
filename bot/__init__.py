"""Mimamori (見守り): two-way SMS for public health centers."""

__version__ = "0.1.0"
