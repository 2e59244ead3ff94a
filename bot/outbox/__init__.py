"""Sends what is due: claim, last check, submit, record; and joins receipts."""
