"""DOORS to the outside: payment provider, mail, documents. Each has a Protocol, the real one and the embedded one."""
