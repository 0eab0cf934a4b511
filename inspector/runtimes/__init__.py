"""One file per runtime that can turn inputs into outputs."""
