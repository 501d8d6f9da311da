"""/api/notes: the one resource."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from psycopg.rows import class_row
from werkzeug.exceptions import NotFound

from .database import Connection, Database
from .errors import ValidationError

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100
TITLE_LENGTH = 200
BODY_LENGTH = 10_000

blueprint = Blueprint("notes", __name__, url_prefix="/api/notes")


@dataclass(frozen=True)
class Note:
    id: UUID
    title: str
    body: str
    created_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "id": str(self.id), "created_at": self.created_at.isoformat()}


@dataclass(frozen=True)
class Cursor:
    """The last row of a page. Opaque to clients, so that the sort order can change without breaking them."""

    created_at: datetime
    id: UUID

    def encode(self) -> str:
        return base64.urlsafe_b64encode(f"{self.created_at.isoformat()} {self.id}".encode()).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        try:
            created_at, note_id = base64.b64decode(text, altchars=b"-_", validate=True).decode().split(" ")
            cursor = cls(datetime.fromisoformat(created_at), UUID(note_id))
        except (binascii.Error, ValueError) as error:
            raise ValidationError({"after": "must be the `next` of an earlier page"}) from error
        if cursor.created_at.tzinfo is None:
            raise ValidationError({"after": "must be the `next` of an earlier page"})
        return cursor


@blueprint.get("")
def list_notes() -> Response:
    limit = _page_size(request.args.get("limit"))
    after = request.args.get("after")
    cursor = Cursor.decode(after) if after else None

    def select(connection: Connection) -> list[Note]:
        with connection.cursor(row_factory=class_row(Note)) as rows:
            # one row more than asked for tells whether there is a next page
            if cursor is None:
                rows.execute(
                    "select id, title, body, created_at from notes order by created_at desc, id desc limit %s",
                    (limit + 1,),
                )
            else:
                rows.execute(
                    "select id, title, body, created_at from notes where (created_at, id) < (%s, %s)"
                    " order by created_at desc, id desc limit %s",
                    (cursor.created_at, cursor.id, limit + 1),
                )
            return rows.fetchall()

    found = _database().read(select)
    page = found[:limit]
    following = Cursor(page[-1].created_at, page[-1].id).encode() if len(found) > limit else None
    return jsonify(items=[note.to_json() for note in page], next=following)


@blueprint.post("")
def create_note() -> Response:
    fields = _note_fields(request.get_json())

    def insert(connection: Connection) -> Note | None:
        with connection.cursor(row_factory=class_row(Note)) as rows:
            rows.execute(
                "insert into notes (title, body) values (%(title)s, %(body)s) returning id, title, body, created_at",
                fields,
            )
            return rows.fetchone()

    note = _database().write(insert)
    if note is None:
        raise RuntimeError("insert returned no row")
    response = jsonify(note.to_json())
    response.status_code = 201
    response.headers["Location"] = url_for("notes.get_note", note_id=note.id)
    return response


@blueprint.get("/<uuid:note_id>")
def get_note(note_id: UUID) -> Response:
    def select(connection: Connection) -> Note | None:
        with connection.cursor(row_factory=class_row(Note)) as rows:
            rows.execute("select id, title, body, created_at from notes where id = %s", (note_id,))
            return rows.fetchone()

    note = _database().read(select)
    if note is None:
        raise NotFound(f"there is no note {note_id}")
    return jsonify(note.to_json())


@blueprint.delete("/<uuid:note_id>")
def delete_note(note_id: UUID) -> Response:
    def delete(connection: Connection) -> int:
        return connection.execute("delete from notes where id = %s", (note_id,)).rowcount

    if _database().write(delete) == 0:
        raise NotFound(f"there is no note {note_id}")
    return Response(status=204)


def _database() -> Database:
    database: Database = current_app.extensions["database"]
    return database


def _page_size(text: str | None) -> int:
    if text is None:
        return DEFAULT_PAGE_SIZE
    # the length first: int() refuses thousands of digits with an error of its own
    if len(text) <= 3 and text.isascii() and text.isdigit() and 1 <= int(text) <= LARGEST_PAGE_SIZE:
        return int(text)
    raise ValidationError({"limit": f"must be a number from 1 to {LARGEST_PAGE_SIZE}"})


def _note_fields(sent: object) -> dict[str, str]:
    if not isinstance(sent, dict):
        raise ValidationError({"": "must be a JSON object"})
    problems = {str(name): "is not a field of a note" for name in sent if name not in ("title", "body")}
    title = sent.get("title")
    body = sent.get("body", "")
    if problem := _text_problem(title, TITLE_LENGTH):
        problems["title"] = problem
    elif not str(title).strip():
        problems["title"] = "must not be empty"
    if problem := _text_problem(body, BODY_LENGTH):
        problems["body"] = problem
    if problems:
        raise ValidationError(problems)
    return {"title": str(title).strip(), "body": str(body)}


def _text_problem(value: object, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if len(value) > longest:
        return f"must have at most {longest} characters"
    # JSON can carry both, PostgreSQL's text neither
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "must not contain NUL or unpaired surrogates"
    return None
