"""What the Makefile runs. All but `print_schema` keep to the standard library: nothing is installed yet."""
