"""`python -m local up` keeps a local cloud running; `demo`, `examples` and `invoke` try the product on one."""

import argparse
import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterable
from types import FrameType
from typing import NoReturn

from local import demo, docker, examples, invoke
from local.cloud import Cloud, LocalCloudError, concerns_aws, running
from local.sam import SAM_DIRECTORY

_UP = """\
A local cloud is up: Amazon Personalize (moto) beside CloudFormation, Lambda, S3 and IAM (ministack).
Ctrl-C takes it down, and everything in it. In another shell, paste these lines:

{exports}

and then, in this repository, with the AWS CLI (version 2) for all but the first line:

    sam build && sam deploy
    aws cloudformation deploy --template-file examples/tracker.yaml --stack-name films \\
        --parameter-overrides DatasetGroupArn={group}
    aws cloudformation describe-stacks --stack-name films --query 'Stacks[0].Outputs'
    aws logs tail /aws/cloudformation/personalize-event-tracker-provider/ProviderLogs

or, with Docker, send a single request to the built function:

    sam build && sam local invoke ProviderFunction --event events/create.json --env-vars events/local.json
"""


def main() -> int:
    """Do what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="keep a local cloud running until ctrl-C")
    up.add_argument("--port", type=int, default=0, help="of CloudFormation and the rest; any if left out")
    up.add_argument(
        "--personalize-port",
        type=int,
        default=invoke.PERSONALIZE_PORT,
        help="of Amazon Personalize: %(default)s, which events/local.json names, if left out; 0 for any",
    )
    up.add_argument(
        "--guesses",
        type=json.loads,
        default={},
        metavar="JSON",
        help="what Amazon Personalize does where its documentation leaves it open (local/moto_personalize/guesses.py)",
    )
    show = commands.add_parser("demo", help="deploy, update, rename and delete an event tracker, and watch")
    tour = commands.add_parser("examples", help="deploy every template in examples/, and delete it again")
    send = commands.add_parser("invoke", help="run the built function in a container, with each request of events/")
    for command in (up, show, tour, send):
        command.add_argument(
            "--seconds-per-state", type=float, default=1.5, help="that a tracker is CREATE PENDING, and so on"
        )
    arguments = parser.parse_args()

    # Nothing of the caller's is to find its way into this process either.
    others = {name: os.environ.pop(name) for name in sorted(os.environ) if concerns_aws(name)}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        if arguments.command == "demo":
            return demo.run(arguments.seconds_per_state)
        if arguments.command == "examples":
            return examples.run(arguments.seconds_per_state)
        if arguments.command == "invoke":
            return invoke.run(arguments.seconds_per_state)
        with running(
            port=arguments.port,
            personalize_host=docker.host_for_containers(),
            personalize_port=arguments.personalize_port,
            seconds_per_state=arguments.seconds_per_state,
            guesses=arguments.guesses,
        ) as cloud:
            group = invoke.make_groups(cloud)
            print(_UP.format(exports=_exports(cloud, others), group=group), flush=True)
            while True:
                time.sleep(3600)
    except LocalCloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _exports(cloud: Cloud, others: Iterable[str]) -> str:
    """Shell lines for the cloud's environment, rid of what the caller has set for another."""
    unset = sorted({"AWS_PROFILE", "AWS_SESSION_TOKEN", *others} - cloud.environment.keys())
    lines = [f"    unset {' '.join(unset)}"]
    lines += [f"    export {name}={shlex.quote(value)}" for name, value in cloud.environment.items()]
    lines += [f'    export PATH={shlex.quote(str(SAM_DIRECTORY))}:"$PATH"']
    return "\n".join(lines)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    # Once: a second ctrl-C must not cut the taking down short.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
