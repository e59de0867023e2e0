"""Local servers that answer as the documentation of Zendesk's and Jira's interfaces says, with failures on request."""

import base64
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, str], Any]
Asked = dict[str, str]


class HelpdeskServer:
    """A server on loopback. `faults` are answers that come before those of the system, `before` runs ahead of each request."""

    def __init__(self, answer: Callable[[str, Asked], Answer], token: str) -> None:
        self.faults: deque[Answer] = deque()
        self.before: Callable[[], object] = lambda: None
        self.requests: list[tuple[str, Asked]] = []
        self._answer = answer
        self.token = token
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer from a thread of its own."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Stop, and close the socket."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = outer.respond(self.path, self.headers.get("authorization", ""))
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Write nothing."""

        return Handler

    def respond(self, path: str, authorization: str) -> Answer:
        """Answer one request."""
        self.before()
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests.append((parts.path, asked))
        if authorization not in (f"Bearer {self.token}", f"Basic {base64.b64encode(self.token.encode()).decode()}"):
            return 401, {}, {"error": "Couldn't authenticate you"}
        return self.faults.popleft() if self.faults else self._answer(parts.path, asked)


@contextmanager
def running(server: HelpdeskServer) -> Iterator[HelpdeskServer]:
    """Run a server for a test."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


class FakeZendesk:
    """Tickets and ticket events of an account, exported by cursor and by time.

    The cursor holds the `generated_timestamp` and id of the last ticket that was sent. Items changed in the last minute are withheld. A
    page has `size` items.
    """

    def __init__(self, clock: Callable[[], datetime], size: int = 3) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self._clock = clock
        self._size = size

    def change(self, number: int, at: datetime, **fields: Any) -> None:
        """Create or change a ticket."""
        known = self.tickets.get(number) or {
            "id": number, "created_at": stamp(at), "subject": f"Problem {number}", "description": f"My card {number} was declined",
            "status": "new", "priority": "normal", "requester_id": 900 + number, "via": {"channel": "email"}, "tags": [],
        }  # fmt: skip
        changed = {"updated_at": stamp(at), "generated_timestamp": int(at.timestamp())}
        self.tickets[number] = {**known, **changed, **fields}

    def comment(self, number: int, comment_id: int, at: datetime, body: str) -> None:
        """Add a comment."""
        child = {"id": comment_id, "event_type": "Comment", "body": body, "public": True, "author_id": 900 + number}
        self.events.append(
            {"id": 70_000 + comment_id, "ticket_id": number, "timestamp": int(at.timestamp()), "created_at": stamp(at),
             "updater_id": 900 + number, "child_events": [child]}
        )  # fmt: skip
        self.change(number, at)

    def answer(self, path: str, asked: Asked) -> Answer:
        """Answer a request that is authenticated."""
        if path == "/api/v2/incremental/tickets/cursor.json":
            return self._by_cursor(asked)
        if path == "/api/v2/incremental/ticket_events.json":
            return self._by_time(asked)
        return 404, {}, {"error": "InvalidEndpoint"}

    def _by_cursor(self, asked: Asked) -> Answer:
        if "cursor" in asked:
            time, number = json.loads(base64.b64decode(asked["cursor"]))
        elif "start_time" in asked:
            time, number = int(asked["start_time"]) - 1, 10**12
        else:
            return 400, {}, {"error": "start_time or cursor is missing"}
        ready = self._ready(self.tickets.values(), "generated_timestamp")
        after = [one for one in ready if (one["generated_timestamp"], one["id"]) > (time, number)]
        page = after[: self._size]
        last = [page[-1]["generated_timestamp"], page[-1]["id"]] if page else [time, number]
        cursor = base64.b64encode(json.dumps(last).encode()).decode()
        found = {
            "tickets": page, "after_cursor": cursor, "after_url": f"https://x/?cursor={cursor}", "before_cursor": None,
            "end_of_stream": len(after) <= self._size,
        }  # fmt: skip
        return 200, {}, found

    def _by_time(self, asked: Asked) -> Answer:
        ready = [one for one in self._ready(self.events, "timestamp") if one["timestamp"] >= int(asked["start_time"])]
        page = ready[:1000]
        end = page[-1]["timestamp"] if page else int(asked["start_time"])
        return 200, {}, {
            "ticket_events": page, "count": len(page), "end_time": end, "next_page": "https://x", "end_of_stream": len(ready) <= 1000,
        }  # fmt: skip

    def _ready(self, items: Any, name: str) -> list[dict[str, Any]]:
        withheld = (self._clock() - timedelta(minutes=1)).timestamp()
        return sorted((one for one in items if one[name] <= withheld), key=lambda one: (one[name], one["id"]))


class FakeJira:
    """Issues of a site, found by the JQL that a pull sends.

    Pages have `size` issues, by token or by number, and are read from the issues as they are at that time.
    """

    def __init__(self, clock: Callable[[], datetime], size: int = 3) -> None:
        self.issues: dict[str, dict[str, Any]] = {}
        self.levels: dict[str, Any] = {}
        self._clock = clock
        self._size = size

    def change(self, number: int, at: datetime, **fields: Any) -> None:
        """Create or change an issue."""
        key = f"PAY-{number}"
        known = self.issues.get(key, {"id": str(10_000 + number), "key": key, "fields": {}})
        given = known["fields"] or {
            "summary": f"Problem {number}", "description": "The payment fails", "created": jira_time(at), "labels": [],
            "status": {"name": "Open", "statusCategory": {"key": "new"}}, "issuetype": {"name": "Support"},
            "project": {"key": "PAY"}, "comment": {"comments": [], "total": 0, "maxResults": 2, "startAt": 0},
        }  # fmt: skip
        self.issues[key] = {**known, "fields": {**given, "updated": jira_time(at), **fields}}

    def comment(self, number: int, comment_id: int, at: datetime, body: str) -> None:
        """Add a comment; an issue shows the first two."""
        comment = {"id": str(comment_id), "body": body, "created": jira_time(at), "author": {"accountType": "customer"}}
        issue = self.issues[f"PAY-{number}"]
        issue["all_comments"] = [*issue.get("all_comments", []), comment]
        shown = {
            "comments": issue["all_comments"][:2],
            "total": len(issue["all_comments"]),
            "maxResults": 2,
            "startAt": 0,
        }
        self.change(number, at, comment=shown)

    def answer(self, path: str, asked: Asked) -> Answer:
        """Answer a request that is authenticated."""
        if path in ("/rest/api/3/search/jql", "/rest/api/2/search"):
            return self._search(path, asked)
        if found := re.fullmatch(r"/rest/api/\d/issue/([^/]+)/comment", path):
            return self._comments(self.issues[found[1]], int(asked["startAt"]))
        if found := re.fullmatch(r"/rest/servicedeskapi/request/([^/]+)/sla", path):
            level = self.levels.get(found[1])
            return (200, {}, {"values": [level], "size": 1}) if level else (404, {}, {"errorMessage": "no request"})
        return 404, {}, {}

    def _search(self, path: str, asked: Asked) -> Answer:
        order = re.search(r'updated >= "-(\d+)m" ORDER BY updated ASC, key ASC$', asked["jql"])
        if order is None:
            return 400, {}, {"errorMessages": ["Error in the JQL Query"]}
        since = (self._clock() - timedelta(minutes=int(order[1]))).replace(second=0, microsecond=0)
        found = sorted(
            (one for one in self.issues.values() if datetime.fromisoformat(one["fields"]["updated"]) >= since),
            key=lambda one: (one["fields"]["updated"], one["key"]),
        )
        start = int(asked.get("nextPageToken") or asked.get("startAt") or 0)
        page = [
            {name: value for name, value in one.items() if name != "all_comments"}
            for one in found[start : start + self._size]
        ]
        if path == "/rest/api/2/search":
            return 200, {}, {"issues": page, "startAt": start, "total": len(found), "maxResults": self._size}
        last = start + self._size >= len(found)
        return 200, {}, {"issues": page, "isLast": last} | ({} if last else {"nextPageToken": str(start + self._size)})

    def _comments(self, issue: dict[str, Any], start: int) -> Answer:
        comments = issue.get("all_comments", [])
        return (
            200,
            {},
            {"comments": comments[start : start + 2], "total": len(comments), "startAt": start, "maxResults": 2},
        )


def stamp(at: datetime) -> str:
    """Write a time as Zendesk does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def jira_time(at: datetime) -> str:
    """Write a time as Jira does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"
