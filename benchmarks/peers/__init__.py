"""What our server is measured beside: the same page answered in other ways."""
