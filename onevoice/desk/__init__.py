"""Use cases: one plain function for each thing that is done at the duty desk."""
