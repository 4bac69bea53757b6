"""`python -m onevoice` is `onevoice`."""

from onevoice.cli import main

main()
