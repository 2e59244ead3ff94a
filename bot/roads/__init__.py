"""``mimamori gateway``: what an operator does with the accounts at providers."""
