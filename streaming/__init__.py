"""THE STREAM: how a committed change reaches everyone whom it concerns, in order, once, and again from any place."""
