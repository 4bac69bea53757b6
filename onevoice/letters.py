r"""Letters: what a word is made of.

Python's `\w` leaves out the signs that stand on a letter of Devanagari (the vowels and the nasal of हिन्दी), although
no word is read without them. A pattern that finds whole words, or counts them, takes its letters from here.
"""

SIGNS = "\u0900-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962\u0963"
"""Signs of Devanagari, as a part of a class of characters: Unicode's Mn and Mc of that block."""
LETTER = rf"(?:[^\W\d_]|[{SIGNS}])"
START = rf"(?<![\w{SIGNS}])"
"""Nothing of a word stands before."""
END = rf"(?![\w{SIGNS}])"
"""Nothing of a word follows."""
