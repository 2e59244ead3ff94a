"""The relay: stands outside, takes webhooks, and keeps them sealed until the inside fetches them."""
