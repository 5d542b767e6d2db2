"""`tidings storm`: a load tool for users' own deployments."""
