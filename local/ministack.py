"""CloudFormation, Lambda, S3, IAM and more: ministack's server, made to behave as AWS does, as a process of its own."""

import os
import sys
from pathlib import Path

import boto3
import hypercorn.__main__

from local import functions
from local.cloudformation import custom_resources, resource_types, rollback, templates


def main() -> int:
    """Serve until the process is ended. The arguments are hypercorn's; returns the exit status."""
    # The functions inherit the environment; they are not to find this package on their path.
    del os.environ["PYTHONPATH"]
    functions.install(Path(os.environ["HOME"]) / "runtime")
    custom_resources.install()
    rollback.install()
    templates.install()
    resource_types.register(
        boto3.client(
            "personalize",
            endpoint_url=os.environ["LOCAL_PERSONALIZE_URL"],
            region_name=os.environ["MINISTACK_REGION"],
        )
    )
    return hypercorn.__main__.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
