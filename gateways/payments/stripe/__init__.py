"""Stripe, through its own SDK: imported only where it is configured, since that takes a while."""
