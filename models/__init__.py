"""STORAGE: SQLModel tables, one noun a file; money; how a transaction begins and ends."""
