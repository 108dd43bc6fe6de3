"""DOORS to the outside: payments, mail, documents, bank statements. What we call has a Protocol, a real and an embedded
one."""
