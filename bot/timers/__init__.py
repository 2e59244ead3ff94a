"""Due timers become inbox rows."""
