"""Amazon Personalize: moto's server with event trackers, as a process of its own.

A process of its own, because moto keeps its state and its transitions in globals: whoever starts the local
cloud, a test under `mock_aws` for one, shares none of it.

What it does where the service's documentation leaves that open can be switched while it runs, beside what moto's own
`/moto-api` switches: GET `/moto-api/personalize/guesses` returns all fields of `Guesses` as JSON, PUT takes those that
are to have other values than the defaults. It changes nothing else: trackers stay.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.moto_api import state_manager
from moto.moto_api._internal.moto_random import MotoRandom
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.utilities.id_generator import moto_id_manager
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.moto_personalize import Guesses, PersonalizeBackend, guess

GUESSES_PATH = "/moto-api/personalize/guesses"


class Application(DomainDispatcherApplication):
    """moto's server, and a page for the guesses."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Respond to a request, as WSGI has it."""
        if environ["PATH_INFO"] == GUESSES_PATH:
            return _switch_guesses(Request(environ))(environ, start_response)
        response: Iterable[bytes] = super().__call__(environ, start_response)
        return response


def _switch_guesses(request: Request) -> Response:
    if request.method == "PUT":
        try:
            guess(Guesses.from_json(json.loads(request.get_data())))
        except ValueError as error:
            return Response(f"{error}\n", status=400)
    return Response(json.dumps(PersonalizeBackend.default_guesses.to_json()), mimetype="application/json")


def serve(descriptor: int, *, seconds_per_state: float, guesses: Mapping[str, Any]) -> None:
    """Respond on a socket that listens already, until the process is ended.

    An event tracker stays in each of its passing states for `seconds_per_state`, or has none of them if that is 0; a
    dataset group is ready at once.
    `guesses` are fields of Guesses with values other than the defaults, in the types of JSON.
    """
    guess(Guesses.from_json(guesses))
    # The ARNs of trackers come in the same order in every run, so that a file of `events/` can name a tracker that
    # another one has made. A seed for all of moto would not do: the ids of requests are taken from the same source.
    ids = MotoRandom(0)
    moto_id_manager.add_id_source(lambda _: ids.get_random_hex(8))
    if seconds_per_state:
        state_manager.set_transition(
            model_name="personalize::eventtracker", transition={"progression": "time", "seconds": seconds_per_state}
        )
    make_server(
        "127.0.0.1",
        0,
        Application(),
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=descriptor,
    ).serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("descriptor", type=int, help="file descriptor of the listening socket")
    parser.add_argument("--seconds-per-state", type=float, required=True)
    parser.add_argument("--guesses", type=json.loads, required=True)
    arguments = parser.parse_args()
    serve(arguments.descriptor, seconds_per_state=arguments.seconds_per_state, guesses=arguments.guesses)


if __name__ == "__main__":
    _main()
