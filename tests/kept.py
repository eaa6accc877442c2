"""Rows that the tests of one module share, where arranging them anew for each would cost more than the tests."""

import contextlib
from collections.abc import Iterator

from django.db import transaction
from pytest_django import DjangoDbBlocker


@contextlib.contextmanager
def kept_for_a_module(blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is written inside stays until the block ends; each test's own transaction is rolled back to it.

    For a fixture of the scope "module" that asks for `django_db_setup` as well, in a module without transactional tests.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
