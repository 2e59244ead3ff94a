"""What staff do with conversations and calls."""
