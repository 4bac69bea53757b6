"""The web: partner feeds, the public page, provider callbacks and the approval page."""
