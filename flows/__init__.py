"""Prefect flows: thin, over functions of the desk. The only room that knows Prefect.

Prefect wakes the work up and shows it; the ledger is the truth. Parameters, logs and results hold ids and counts,
never people. No module here postpones its annotations: Prefect reads them at run time.
"""
