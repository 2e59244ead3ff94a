"""The conversation engine: ``advance(script, session, event, now) -> (session, effects)``; pure."""
