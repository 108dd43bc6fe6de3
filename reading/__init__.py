"""QUESTIONS: set-based SELECTs, scoped to what the principal may see. Nothing here writes, nothing knows GraphQL."""
