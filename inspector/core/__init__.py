"""The words and the mathematics: plain Python and numpy."""
