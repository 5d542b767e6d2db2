"""Who asks: tokens, keys, cookies and origins."""
