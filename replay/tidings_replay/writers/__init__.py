"""Where rows go. Each writer makes whole files: it writes beside the target and renames at the end."""
