"""Local stand-ins for the providers, on the providers' own wire protocols."""
