"""Whether what a first deployment needs is there although nobody has done it.

An app with a first-run checklist finds an organization as AWS makes it; for any other app, the switches, trusted
services and consents that its templates rely on are taken to be there.
"""

_assumed = True


def assume(prepared: bool) -> None:
    global _assumed
    _assumed = prepared


def is_assumed() -> bool:
    return _assumed
