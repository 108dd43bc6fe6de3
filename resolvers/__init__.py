"""VERBS: what each field does: parse, call one operation, name the outcome. `roots.py` lists them all."""
