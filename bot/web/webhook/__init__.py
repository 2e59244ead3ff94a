"""Webhooks of gateways: a text is committed before the gateway is told "received"."""
