"""The address of the pages: what the alerts could not name is refused where it is configured."""

import pytest

from antigil.errors import UserError
from antigil.history.labels import LONGEST, file_names
from antigil.history.options import read_options
from antigil.report.document import _PAGE


class Conf:
    """An ``asv.conf.json``, as far as it matters here."""

    def __init__(self, url):
        self.antigil = {"site_url": url}


@pytest.mark.parametrize(
    "url",
    [
        "example.org/speedup",
        "ftp://example.org",
        "https://",
        "https://{OWNER}.github.io/speedup",
        "https://example.org/a b",
        "https://example.org/<b>",
        "https://example.org/\n",
        "https://example.org/" + "x" * 500,
    ],
)
def test_an_address_that_the_alerts_could_not_name_is_refused_by_name(url):
    with pytest.raises(UserError, match=r'^"site_url" under "antigil" must be an address .*, not [^\n]*$'):
        read_options(Conf(url))


@pytest.mark.parametrize(
    "url",
    ["", "http://localhost:8000", "https://a.example/~b/c_d/", "https://a.example/%C3%A9?x=1&y=2,3#@!$+;"],
)
def test_any_other_is_taken(url):
    assert read_options(Conf(url)).site_url == url


def test_the_longest_address_and_the_longest_name_of_a_page_are_an_address_that_the_alerts_may_name():
    url = f"https://{'x' * 400}"
    (name,) = file_names(["ü" + "x" * 2 * LONGEST]).values()

    assert read_options(Conf(url)).site_url == url
    assert _PAGE.fullmatch(f"{url}/{name}.html")
