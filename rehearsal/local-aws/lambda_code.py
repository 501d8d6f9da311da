"""Lets code that expects the Lambda machine run on this one.

Functions run as local processes, so a layer is not mounted on /opt and the
interpreter is not in /var/lang: the CDK's BucketDeployment needs both. Nor is the AWS SDK
there: the function that makes database users needs its client of the Data API.
"""

import hashlib
import json
import os
import sys
import threading
import types
import zipfile

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_CLI = "awscli/aws"
_MOUNTED_CLI = b'"/opt/awscli/aws"'
_LOCAL_CLI = (b'next(p for p in (os.path.join(d, "awscli", "aws") '
              b'for d in os.environ["_LAMBDA_LAYERS_DIRS"].split(os.pathsep)) if os.path.exists(p))')
_DATA_CLIENT = "@aws-sdk/client-rds-data"
_LOCAL_DATA_CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rds_data_client.js")
_LAMBDA_PYTHON = b"#!/var/lang/bin/python"

_sharing = threading.Lock()  # functions start on threads of their own


def install(cache: str) -> None:
    """Both of ministack's ways to run a function unpack its code; each gets the replacements."""
    plain_extract = lambda_svc._extract_zip_preserving_mode

    class LocalizedZipFile(zipfile.ZipFile):
        def extractall(self, path=None, members=None, pwd=None):
            _unpack(self, path, lambda directory: super(LocalizedZipFile, self).extractall(directory, members, pwd), cache)

    lambda_svc._extract_zip_preserving_mode = (
        lambda archive, path: _unpack(archive, path, lambda directory: plain_extract(archive, directory), cache))
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": LocalizedZipFile})


def _unpack(archive: zipfile.ZipFile, directory: str, extract, cache: str) -> None:
    if _CLI not in archive.namelist():
        extract(directory)
        _replace(os.path.join(directory, "index.py"), _MOUNTED_CLI, _LOCAL_CLI)
        _replace(os.path.join(directory, "index.js"), f"'{_DATA_CLIENT}'".encode(), json.dumps(_LOCAL_DATA_CLIENT).encode())
        return
    with _sharing:
        shared = _shared_layer(archive, extract, cache)
    for name in os.listdir(shared):
        os.symlink(os.path.join(shared, name), os.path.join(directory, name))


def _shared_layer(archive: zipfile.ZipFile, extract, cache: str) -> str:
    """Thousands of files, which Python compiles when it first runs them: kept for all functions and later runs."""
    shared = os.path.join(cache, f"layer-{_digest(archive)}")
    if os.path.exists(shared):
        return shared
    unfinished = f"{shared}-{os.getpid()}"
    extract(unfinished)
    _replace(os.path.join(unfinished, _CLI), _LAMBDA_PYTHON, b"#!" + sys.executable.encode())
    os.chmod(os.path.join(unfinished, _CLI), 0o755)
    os.rename(unfinished, shared)
    return shared


def _digest(archive: zipfile.ZipFile) -> str:
    """Of the content and of the interpreter, which is written into it."""
    content = "".join(f"{entry.filename}{entry.CRC}" for entry in archive.infolist())
    return hashlib.sha256((sys.executable + content).encode()).hexdigest()[:12]


def _replace(path: str, old: bytes, new: bytes) -> None:
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        content = file.read()
    if old in content:
        with open(path, "wb") as file:
            file.write(content.replace(old, new, 1))
