"""What the Makefile needs to set a machine up; the standard library only, since nothing is installed yet."""
