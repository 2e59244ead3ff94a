"""The roster: who is looked after."""
