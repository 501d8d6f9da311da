"""E-mail subscriptions of SNS wait for their confirmation, as on AWS; ministack takes them as confirmed."""

from ministack.core.responses import AccountScopedDict, get_region, request_scope
from ministack.services import sns

_PROTOCOLS = ("email", "email-json")

_confirmed = AccountScopedDict()


def install() -> None:
    for name in ("_list_subscriptions", "_list_subscriptions_by_topic"):
        setattr(sns, name, _listing(getattr(sns, name)))


def confirm(account: str, address: str) -> None:
    """What follows from the link in the message that SNS sends."""
    with request_scope(account, get_region()):
        _confirmed[address] = True


def _listing(plain):
    def listing(params):
        status, headers, body = plain(params)
        for topic in sns._topics.values():
            for subscription in topic["subscriptions"]:
                if subscription["protocol"] in _PROTOCOLS and subscription["endpoint"] not in _confirmed:
                    arn = f"<SubscriptionArn>{subscription['arn']}<".encode()
                    body = body.replace(arn, b"<SubscriptionArn>PendingConfirmation<")
        return status, headers, body

    return listing
