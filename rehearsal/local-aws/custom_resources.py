"""Ends a custom resource when its function fails, instead of waiting an hour for an answer that cannot come."""

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource


def install() -> None:
    plain_execute = lambda_svc._execute_function_with_config_scope

    def execute(record, event, *arguments, **options):
        try:
            result = plain_execute(record, event, *arguments, **options)
        except Exception as error:
            _fail(event, str(error))
            raise
        if isinstance(result, dict) and result.get("error"):
            _fail(event, str(result.get("body")))
        return result

    lambda_svc._execute_function_with_config_scope = execute


def _fail(event, reason: str) -> None:
    response_url = event.get("ResponseURL") if isinstance(event, dict) else None
    if response_url:
        token = response_url.rsplit("/", 1)[-1]
        custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": f"The function of the custom resource failed: {reason}"})
