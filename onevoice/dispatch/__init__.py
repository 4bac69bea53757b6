"""Claim, send, listen, reconcile: from due deliveries to known outcomes."""
