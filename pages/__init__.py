"""PAGES: plain HTTP beside GraphQL: sign-in, documents, uploads, mailbox, GraphiQL, health.

Each module has a function `routes` that is given all it needs.
"""
