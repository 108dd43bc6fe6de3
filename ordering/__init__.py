"""RULES: what may be done with an order, each operation in a file of its own. No GraphQL, no HTTP.

placing, reordering · paying, settling, methods, sources · cancelling, expiring, withdrawing, refunding · confirming,
completing, refusing, documents, invoicing — all of them obey `lifecycle.ALLOWED_MOVES` and record in `history`.
"""
