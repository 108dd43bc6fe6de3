"""Real servers for tests: a database, a broker, a mail server and our own programs, started, killed and restarted."""
