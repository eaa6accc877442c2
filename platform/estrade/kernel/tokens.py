"""Random codes for people to read."""

import secrets

# Without 0/O, 1/I/L and vowels: nothing to mistake on paper, nothing that spells a word.
READABLE = "23456789BCDFGHJKMNPQRSTVWXZ"


def readable_code(length: int = 10) -> str:
    """A code a person can copy from paper. Ten characters carry 47 bits."""
    return "".join(secrets.choice(READABLE) for _ in range(length))
