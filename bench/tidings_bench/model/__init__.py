"""`tidings bench model`: what so many users and notifications need, by a model fitted to measured costs."""
