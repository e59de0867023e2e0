"""Asks for everything that a person can reach: each link of each page, and each route of the application."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import product
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
from fastapi import FastAPI

from console.access.needs import Needs, declared, routes_of

OWN = "http://console"
"""What links are resolved against: those to other sites are not followed."""
ENDLESS = {"/events"}
MOST_OF_ONE_ROUTE = 12
"""Addresses that differ in their query only: each filter and order of a list leads to all others."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An address and what it answered."""

    address: str
    answer: httpx.Response

    @property
    def text(self) -> str:
        """The answer, without the words of the question: a page repeats what was searched for."""
        text = self.answer.text
        for _, value in parse_qsl(urlsplit(self.address).query):
            if len(value) > 2:
                text = text.replace(value, "")
        return text


class _Links(HTMLParser):
    """Collects the addresses that a page leads to: links, and forms that read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the address of an element."""
        given = dict(attrs)
        if tag in ("a", "link", "script", "img") and (address := given.get("href") or given.get("src")):
            self.found.append(address)
        if tag == "form":
            self.found.append(given.get("action") or "")
        self.found += [value for name, value in attrs if name.startswith("data-") and value and value.startswith("/")]


def crawl(get: Callable[[str], httpx.Response], start: Iterable[str]) -> list[Reached]:
    """Ask for the addresses, and for all that their answers lead to."""
    waiting, seen, of_route = deque(start), set(), Counter[str]()
    reached: list[Reached] = []
    while waiting:
        address = waiting.popleft()
        path = urlsplit(address).path
        if address in seen or path in ENDLESS or path.startswith("/static/") or of_route[path] >= MOST_OF_ONE_ROUTE:
            continue
        seen.add(address)
        of_route[path] += 1
        answer = get(address)
        reached.append(Reached(address, answer))
        if "html" in answer.headers.get("content-type", ""):
            waiting.extend(_links(address, answer.text))
    return reached


def addresses_of(app: FastAPI, values: Mapping[str, Iterable[str]], queries: Iterable[str]) -> Iterator[str]:
    """Yield addresses of all routes that are read: every parameter takes each of its values; those without one take 1 to 3.

    The queries are asked of the routes that a person with a limited scope is let into.
    """
    for route in routes_of(app.routes):
        if "GET" not in (route.methods or ()):
            continue
        names = re.findall(r"\{(\w+)(?::\w+)?\}", str(route.path))
        for chosen in product(*(list(values.get(name, ("1", "2", "3"))) for name in names)):
            path = str(route.path)
            for name, value in zip(names, chosen, strict=True):
                path = re.sub(rf"\{{{name}(?::\w+)?\}}", value, path)
            yield path
            if not any(isinstance(one, Needs) and one.narrows for one in declared(route)):
                continue
            yield from (f"{path}?{query}" for query in queries)


def _links(address: str, text: str) -> Iterator[str]:
    parser = _Links()
    parser.feed(text)
    for link in parser.found:
        parts = urlsplit(urljoin(f"{OWN}{address}", link))
        if f"{parts.scheme}://{parts.netloc}" == OWN:
            yield f"{parts.path}{'?' if parts.query else ''}{parts.query}"
