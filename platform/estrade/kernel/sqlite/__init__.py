"""Django's SQLite backend for a hall on one laptop: writers queue in the process, and connections are used again."""
