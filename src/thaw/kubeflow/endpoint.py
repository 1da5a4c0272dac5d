"""A client of a Kubeflow Pipelines endpoint that fails fast, and in one line.

Credentials are those of the kfp command line: a bearer token in KFP_EXISTING_TOKEN, or none for a forwarded port.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from collections.abc import Iterator

import kfp_server_api
import urllib3

from ..errors import InputError
from .kfp_patches import Client


@contextlib.contextmanager
def connect(endpoint: str, namespace: str = "") -> Iterator[Client]:
    """A client of the endpoint, for the length of a `with` block.

    Raises:
        InputError: The endpoint cannot be reached, or refuses something, inside the block too.
    """
    if not endpoint.startswith(("http://", "https://")):
        raise InputError(f"'{endpoint}' is no address of Kubeflow Pipelines", "give it as http(s)://HOST[:PORT]")
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore", FutureWarning)
            client = Client(
                host=endpoint,
                existing_token=os.environ.get("KFP_EXISTING_TOKEN"),
                **({"namespace": namespace} if namespace else {}),
            )
            client.get_kfp_healthz()
        yield client
    except urllib3.exceptions.HTTPError as error:
        raise _unreachable(endpoint, str(getattr(error, "reason", None) or error)) from error
    except kfp_server_api.ApiException as error:
        raise _refusal(endpoint, error) from error


def _unreachable(endpoint: str, reason: str) -> InputError:
    return InputError(
        f"{endpoint} cannot be reached ({reason.rpartition(': ')[2]})",
        "check the address, or forward the port: kubectl -n kubeflow port-forward svc/ml-pipeline-ui 8080:80",
    )


def _refusal(endpoint: str, error: kfp_server_api.ApiException) -> InputError:
    message = _message(error)
    match error.status:
        case 0:  # TLS: the client has no status to give
            return _unreachable(endpoint, message)
        case 401:
            return InputError(f"{endpoint} refused the credentials (401)", "put a valid token in KFP_EXISTING_TOKEN")
        case 403:
            return InputError(f"{endpoint} forbids it ({message})", "ask for edit rights there, or name your namespace")
        case 404:
            return InputError(f"{endpoint} has no such thing ({message})", "check address, id and namespace")
        case status if status and 400 <= status < 500:
            return InputError(f"{endpoint} refused the request ({message})", "change the value that it names")
        case status:
            return InputError(f"{endpoint} failed ({status}, {message})", "look into the log of its ml-pipeline pod")


def _message(error: kfp_server_api.ApiException) -> str:
    """The endpoint's own words: uploads name them differently from everything else, proxies send plain text."""
    try:
        body = json.loads(error.body)
        return str(body.get("message") or body.get("error_message") or error.reason)
    except (TypeError, ValueError, AttributeError):
        return str(error.reason)
