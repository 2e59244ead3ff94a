"""Value types, ports and errors that every other room speaks in; imports nothing of the house."""
