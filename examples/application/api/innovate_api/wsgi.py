"""What gunicorn loads, once in each worker."""

from __future__ import annotations

import atexit
import os

from .app import create_app
from .config import Settings
from .database import Database

database = Database(Settings.from_environment(os.environ))
database.open()
atexit.register(database.close)

app = create_app(database)
