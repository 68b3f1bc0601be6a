"""Things to try: example tenants, a stack to play with, and the demonstration."""
