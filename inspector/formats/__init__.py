"""One file per file format; nothing here executes what it reads."""
