"""Attack a copy of the hotline on purpose, to see what guarding is worth (C5, C6). Never a database that is in use."""
