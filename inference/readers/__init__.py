"""One module for each kind of file: from its bytes to the text that a reader of it would read."""
