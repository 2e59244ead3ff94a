"""The doors: webhooks of gateways, the console of staff and managers, the demo."""
