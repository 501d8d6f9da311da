from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from innovate_api.config import Settings
from innovate_api.notes import BODY_LENGTH, LARGEST_PAGE_SIZE, TITLE_LENGTH

from .server import PostgresServer


def create(client: FlaskClient, title: str, body: str = "") -> dict[str, Any]:
    response = client.post("/api/notes", json={"title": title, "body": body})
    assert response.status_code == 201, response.text
    note: dict[str, Any] = response.get_json()
    return note


def pages(client: FlaskClient, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    after: str | None = None
    while True:
        query = {"limit": limit, **({"after": after} if after else {})}
        page = client.get("/api/notes", query_string=query).get_json()
        found.append([note["title"] for note in page["items"]])
        after = page["next"]
        if after is None:
            return found


def test_a_note_lives_from_creation_to_deletion(client: FlaskClient) -> None:
    response = client.post("/api/notes", json={"title": "  Buy milk ", "body": "two litres\nplease 🥛"})
    note = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/notes/{note['id']}"
    assert (note["title"], note["body"]) == ("Buy milk", "two litres\nplease 🥛")

    assert client.get(response.headers["Location"]).get_json() == note
    assert client.get("/api/notes").get_json() == {"items": [note], "next": None}

    deleted = client.delete(f"/api/notes/{note['id']}")
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert client.get(f"/api/notes/{note['id']}").status_code == 404
    assert client.delete(f"/api/notes/{note['id']}").status_code == 404


def test_pages_are_newest_first_and_complete(client: FlaskClient) -> None:
    for number in range(5):
        create(client, str(number))
    assert pages(client, limit=2) == [["4", "3"], ["2", "1"], ["0"]]
    assert pages(client, limit=5) == [["4", "3", "2", "1", "0"]]


def test_pages_hold_when_rows_share_a_moment(client: FlaskClient, server: PostgresServer, settings: Settings) -> None:
    server.administer(
        "insert into notes (title, created_at) select n::text, '2026-01-01 00:00:00.123456+00' "
        "from generate_series(1, 7) n",
        settings.name,
    )
    titles = [title for page in pages(client, limit=3) for title in page]
    assert sorted(titles) == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_note_added_meanwhile_does_not_shift_the_next_page(client: FlaskClient) -> None:
    for number in range(3):
        create(client, str(number))
    first = client.get("/api/notes?limit=2").get_json()
    create(client, "late")
    second = client.get("/api/notes", query_string={"limit": 2, "after": first["next"]}).get_json()
    assert [note["title"] for note in second["items"]] == ["0"]


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({}, "title", "must be text"),
        ({"title": None}, "title", "must be text"),
        ({"title": 7}, "title", "must be text"),
        ({"title": "   "}, "title", "must not be empty"),
        ({"title": "x" * (TITLE_LENGTH + 1)}, "title", "must have at most 200 characters"),
        ({"title": "x\0"}, "title", "must not contain NUL or unpaired surrogates"),
        ({"title": "x\ud800"}, "title", "must not contain NUL or unpaired surrogates"),
        ({"title": "x", "body": ["y"]}, "body", "must be text"),
        ({"title": "x", "body": "y" * (BODY_LENGTH + 1)}, "body", "must have at most 10000 characters"),
        ({"title": "x", "owner": "me"}, "owner", "is not a field of a note"),
        (["title"], "", "must be a JSON object"),
        (None, "", "must be a JSON object"),
    ],
)
def test_an_unacceptable_note_names_the_field(client: FlaskClient, sent: object, field: str, message: str) -> None:
    response = client.post("/api/notes", data=json.dumps(sent), content_type="application/json")
    assert response.status_code == 400
    assert response.get_json()["error"] == {
        "code": "invalid",
        "message": "the request is not valid",
        "fields": {field: message},
    }


def test_the_longest_note_fits(client: FlaskClient) -> None:
    note = create(client, "ü" * TITLE_LENGTH, "🥛" * BODY_LENGTH)
    assert client.get(f"/api/notes/{note['id']}").get_json() == note


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "", str(LARGEST_PAGE_SIZE + 1), "9" * 5000, "²"])
def test_an_unacceptable_limit(client: FlaskClient, limit: str) -> None:
    response = client.get("/api/notes", query_string={"limit": limit})
    assert response.status_code == 400
    assert "limit" in response.get_json()["error"]["fields"]


@pytest.mark.parametrize(
    "after",
    [
        "!",
        "bm90aGluZw==",
        "ü",
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"2026-01-01T00:00:00+00:00 not-a-uuid").decode(),
        base64.urlsafe_b64encode(f"2026-01-01T00:00:00 {uuid4()}".encode()).decode(),
    ],
)
def test_an_unacceptable_cursor(client: FlaskClient, after: str) -> None:
    response = client.get("/api/notes", query_string={"after": after})
    assert response.status_code == 400
    assert "after" in response.get_json()["error"]["fields"]
