"""The people: importing contacts, segments and messengers."""
