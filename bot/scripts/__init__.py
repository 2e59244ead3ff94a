"""Conversation scripts: loaded from ``conversations/``, checked, rendered, versioned, simulated."""
