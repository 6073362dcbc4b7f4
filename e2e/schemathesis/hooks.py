"""Each request comes from an address of its own.

Keys and tokens that are not good are limited per address, and this run sends many of them on purpose.
"""

import itertools

import requests
from requests.adapters import HTTPAdapter

numbers = itertools.count(1)


class From(HTTPAdapter):
    """Sends from one address of this machine."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)


def from_the_next_address(session, url):
    number = next(numbers)
    return From(f"127.{number >> 14 & 127}.{number >> 7 & 127}.{2 + (number & 127)}")


requests.Session.get_adapter = from_the_next_address
