"""The translators' desk: who stands behind which words, what an edit changes, and how words go to translators and back.

`onevoice.catalogues` brings catalogues up to date and finds what is wrong in them; this room is about people.
"""
