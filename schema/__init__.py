"""NOUNS: the types that clients see. What can be done with them is listed in `resolvers/roots.py`."""
