"""Ways to a client: the portable one (any ASGI server) and the fast one (our own server's transport)."""
