"""Where `next` may lead: to a path of this site, nowhere else."""

import pytest

from estrade.web.addresses import local_path

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("address", ["/", "/e/x/me/", "/e/x/?a=1&b=//c", "/e/x/#challenges", "/e/caf%C3%A9/"])
def test_a_local_path_is_followed(address: str) -> None:
    assert local_path(address, otherwise="/elsewhere/") == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https:evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "me/",
        " /e/x/",
        "/e/x\r\nLocation: //evil.example",
    ],
)
def test_anything_else_is_not(address: str) -> None:
    assert local_path(address, otherwise="/elsewhere/") == "/elsewhere/"
