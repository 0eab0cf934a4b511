"""One file per page of the window; pages do not know each other."""
