"""DEMO DATA: a shop with a past, made by the real operations with a moved clock; for exploring only."""
