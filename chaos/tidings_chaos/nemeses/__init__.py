"""What is done to the system: each nemesis breaks something when it is entered, and heals it when it is left."""
