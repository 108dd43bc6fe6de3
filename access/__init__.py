"""WHO: principals, passwords, tokens, sessions. Decides who is asking, not what they may do."""
