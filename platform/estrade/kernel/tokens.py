"""Random codes for people to read, and random names that nobody guesses."""

import secrets

# Without 0/O, 1/I/L and vowels: nothing to mistake on paper, nothing that spells a word.
READABLE = "23456789BCDFGHJKMNPQRSTVWXZ"


def readable_code(length: int = 10) -> str:
    """A code a person can copy from paper. Ten characters carry 47 bits."""
    return "".join(secrets.choice(READABLE) for _ in range(length))


def new_token() -> str:
    """A name for an address that only who was given it knows: 144 bits, 24 letters."""
    return secrets.token_urlsafe(18)
