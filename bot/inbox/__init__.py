"""Durable intake, and the worker that advances conversations."""
