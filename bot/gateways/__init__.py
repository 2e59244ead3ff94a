"""One file for each SMS gateway: verify, parse inbound texts, parse receipts, send."""
