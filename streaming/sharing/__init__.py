"""SHARING: one execution and one serialisation of a change for all who follow it with the same document and scope."""
