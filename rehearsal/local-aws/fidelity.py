"""What happens with each resource type, observed while stacks are deployed.

Nothing here is claimed by hand: a type is `real` when it has a handler that acts on
a service, ministack's or one of the launcher's for a service of ministack, `stored` when ours keeps it, `shape` when it is accepted and
nothing remains. For a real type the properties which its handler never looked
at are recorded: they are stored, not acted on.
"""

import threading

_lock = threading.Lock()
_kinds: dict[str, str] = {}
_read: dict[str, set] = {}
_given: dict[str, set] = {}
_services: dict[str, set] = {}


class WatchedProperties(dict):
    """Properties which note the names that a handler reads."""

    def __init__(self, type_name: str, properties: dict):
        super().__init__(properties)
        self._names = _read.setdefault(type_name, set())
        with _lock:
            _given.setdefault(type_name, set()).update(properties)

    def __getitem__(self, name):
        self._names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        self._names.add(name)
        return super().__contains__(name)

    def __iter__(self):
        self._names.update(super().keys())
        return super().__iter__()

    def get(self, name, default=None):
        self._names.add(name)
        return super().get(name, default)

    def keys(self):
        self._names.update(super().keys())
        return super().keys()

    def values(self):
        self._names.update(super().keys())
        return super().values()

    def items(self):
        self._names.update(super().keys())
        return super().items()

    def __reduce__(self):
        return dict, (dict(self.items()),)


def declare(type_name: str, kind: str) -> None:
    _kinds[type_name] = kind


def declare_service(service: str, operations) -> None:
    """Operations that the launcher answers: it keeps what they set, and refuses what they refuse; nothing else follows from them."""
    _services.setdefault(service, set()).update(operations)


def services() -> dict[str, list]:
    return {service: sorted(operations) for service, operations in sorted(_services.items())}


def acted_on(type_name: str, names) -> None:
    """Properties that a filled gap passes on to the service."""
    _read.setdefault(type_name, set()).update(names)


def report() -> dict:
    """Type name to what it is, for every type with a handler."""
    with _lock:
        return {
            name: {
                "kind": kind,
                "storedOnly": sorted(_given.get(name, set()) - _read.get(name, set())) if kind == "real" else [],
            }
            for name, kind in sorted(_kinds.items())
        }
