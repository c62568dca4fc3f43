"""Amazon Personalize: moto's server with event trackers, as a process of its own.

A process of its own, because moto keeps its state and its transitions in globals: whoever starts the local
cloud, a test under `mock_aws` for one, shares none of it.
"""

import argparse

from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from local.moto_personalize import register


def serve(descriptor: int, *, tracker_seconds: float, dataset_group_seconds: float) -> None:
    """Answer on a socket that listens already, until the process is ended."""
    register()
    for model, seconds in (("eventtracker", tracker_seconds), ("datasetgroup", dataset_group_seconds)):
        # Otherwise moto's default holds: a resource is ready at once.
        if seconds:
            state_manager.set_transition(
                model_name=f"personalize::{model}", transition={"progression": "time", "seconds": seconds}
            )
    make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        request_handler=MotoRequestHandler,
        fd=descriptor,
    ).serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("descriptor", type=int, help="file descriptor of the listening socket")
    parser.add_argument("--tracker-seconds", type=float, required=True)
    parser.add_argument("--dataset-group-seconds", type=float, required=True)
    arguments = parser.parse_args()
    serve(
        arguments.descriptor,
        tracker_seconds=arguments.tracker_seconds,
        dataset_group_seconds=arguments.dataset_group_seconds,
    )


if __name__ == "__main__":
    _main()
