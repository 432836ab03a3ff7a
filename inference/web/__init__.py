"""The page and its JSON API: analysing and correcting documents in a browser."""
