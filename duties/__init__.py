"""DUTIES: what is due after a commit and with time, each done by one process at a time."""
