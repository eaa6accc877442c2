"""One served application for each test of the sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.serving import Site


@pytest.fixture
def site(transactional_db: None) -> Iterator[Site]:
    from tests.serving import served  # noqa: PLC0415 - pytest reads this file before the apps are loaded

    with served() as running:
        yield running
