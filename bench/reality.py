"""A check of the simulation: some of what is simulated, in real time on the local cloud."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3
from rich.console import Console
from rich.table import Table

from bench import waiting
from bench.artifacts import FUNCTIONS, packages
from bench.prose import paragraph
from bench.serving import serving
from local import sam
from local.cloud import HOST, Cloud, running

OURS, POLLER = "this provider", "crhelper's poller, each minute"
_STACKS = {OURS: sam.PROVIDER_STACK, POLLER: "poller"}
# The seconds that a tracker takes to be ACTIVE, and who makes one at a time.
_CREATIONS = {5: (OURS,), 15: (OURS,), 30: (OURS, POLLER)}
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 300


def measure(console: Console) -> dict[str, Any]:
    """Deploy both providers, and have them create event trackers."""
    done = []
    with console.status("Deploying the providers") as status, running() as cloud, serving(_Counter(cloud)) as counter:
        counted = replace(cloud, personalize_url=counter.url)
        sam.deploy(counted, sam.build(counted))
        _deploy_poller(counted)
        for seconds, providers in _CREATIONS.items():
            status.update(f"Creating event trackers that take {seconds} s")
            _set_seconds(cloud, seconds)
            creations = [_Creation(cloud, provider, seconds) for provider in providers]
            begun = time.monotonic()
            while not all(creation.is_over for creation in creations):
                if time.monotonic() - begun > _PATIENCE_SECONDS:
                    raise TimeoutError(f"No answer from one of {', '.join(providers)}")
                for creation in creations:
                    creation.look()
                time.sleep(_LOOK_SECONDS)
            done += [creation.measured(counter.describes) for creation in creations]
    return {"creations": done}


def tables(measured: Mapping[str, Any]) -> list[Table]:
    """What each creation took."""
    table = Table(
        title="In real time, on the local cloud",
        caption=f"One creation of each kind, looked at every {_LOOK_SECONDS} s.",
    )
    for heading in ("", "until ACTIVE", "from ACTIVE to CREATE_COMPLETE", "DescribeEventTracker calls"):
        table.add_column(heading, justify="right" if table.columns else "left")
    for one in measured["creations"]:
        table.add_row(
            one["provider"], f"{one['active']:.1f} s", f"{one['answered'] - one['active']:.1f} s", str(one["describes"])
        )
    return [table]


def markdown(measured: Mapping[str, Any]) -> str:
    """What is so outside of the simulation."""
    rows = ["| in real time | ACTIVE after | answered later by | looks |", "|---|---:|---:|---:|"]
    rows += [
        f"| {one['provider']} | {one['active']:.1f} s | {one['answered'] - one['active']:.1f} s | {one['describes']} |"
        for one in measured["creations"]
    ]
    return "\n\n".join(
        (
            paragraph(
                "**A check.** Some of this in real time, on the local cloud: both providers deployed with the "
                "SAM CLI, and one stack created with each."
            ),
            "\n".join(rows),
            paragraph(
                "The simulated poller takes longer, since EventBridge may be up to a minute late, and the local cloud "
                "is not."
            ),
        )
    )


def shortfalls(measured: Mapping[str, Any]) -> list[str]:
    """Where the provider misses what it is meant to reach."""
    (ours,) = [one for one in measured["creations"] if one["provider"] == OURS and one["seconds"] == 30]
    overhead, looks, most = ours["answered"] - ours["active"], ours["describes"], waiting.MOST_LOOKS[30]
    found = [f"in real time {overhead:.1f} s of overhead for 30 s"] if overhead > waiting.MOST_AT_30 else []
    return [*found, f"in real time {looks} looks for 30 s"] if looks > most else found


class _Creation:
    """A stack with an event tracker, while it is being created."""

    def __init__(self, cloud: Cloud, provider: str, seconds: int) -> None:
        self._cloud = cloud
        self._provider = provider
        self._seconds = seconds
        name = f"{_STACKS[provider]}-{seconds}"
        self._group = cloud.create_dataset_group(name)
        properties = {
            "ServiceToken": {"Fn::ImportValue": f"{_STACKS[provider]}-ServiceToken"},
            "DatasetGroupArn": self._group,
        }
        tracker = {"Type": "Custom::PersonalizeEventTracker", "Properties": properties}
        template = json.dumps({"Resources": {"Tracker": tracker}})
        self._stack = cloud.cloudformation.create_stack(StackName=name, TemplateBody=template)["StackId"]
        self._arn = ""
        self._created_at = self._active_at = self._answered_at = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the stack is CREATE_COMPLETE."""
        return bool(self._answered_at)

    def look(self) -> None:
        """Note what has happened since the last look."""
        if self.is_over:
            return
        if not self._active_at:
            # moto moves a tracker on only when somebody looks.
            for tracker in self._cloud.personalize.list_event_trackers(datasetGroupArn=self._group)["eventTrackers"]:
                self._created_at = self._created_at or time.monotonic()
                self._arn = tracker["eventTrackerArn"]
                described = self._cloud.personalize.describe_event_tracker(eventTrackerArn=self._arn)["eventTracker"]
                if described["status"] == "ACTIVE":
                    self._active_at = time.monotonic()
        stack = self._cloud.cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            self._answered_at = time.monotonic()
        elif stack["StackStatus"] != "CREATE_IN_PROGRESS":
            raise RuntimeError(f"{self._provider} failed: {stack}")

    def measured(self, describes: Mapping[str, int]) -> dict[str, Any]:
        """What came of it, in seconds since the tracker was there."""
        return {
            "provider": self._provider,
            "seconds": self._seconds,
            "active": self._active_at - self._created_at,
            "answered": self._answered_at - self._created_at,
            "describes": describes[self._arn],
        }


def _deploy_poller(cloud: Cloud) -> None:
    directory = cloud.directory / "poller"
    shutil.copytree(FUNCTIONS / "poller", directory)
    for package in packages("crhelper"):
        shutil.copytree(package, directory / package.name)
    parameters = {"PersonalizeEndpointUrl": cloud.personalize_url}
    sam.deploy_stack(cloud, directory / "template.yaml", _STACKS[POLLER], parameters)


def _set_seconds(cloud: Cloud, seconds: int) -> None:
    """Have event trackers take so long to be ACTIVE, in two states (moto's "State transitions")."""
    transition = {"progression": "time", "seconds": seconds / 2}
    urllib3.request(
        "POST",
        f"{cloud.personalize_url}/moto-api/state-manager/set-transition",
        json={"model_name": "personalize::eventtracker", "transition": transition},
    )


class _Counter(ThreadingHTTPServer):
    """Stands before Amazon Personalize and counts, by tracker, how often it is described."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__((HOST, 0), _Passing)
        self.url = f"http://{HOST}:{self.server_port}"
        self.behind = cloud.personalize_url
        self.http = urllib3.PoolManager()
        self.describes: Counter[str] = Counter()


class _Passing(BaseHTTPRequestHandler):
    server: _Counter

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"].endswith(".DescribeEventTracker"):
            self.server.describes[json.loads(body)["eventTrackerArn"]] += 1
        response = self.server.http.request(
            "POST", self.server.behind + self.path, body=body, headers=dict(self.headers)
        )
        self.send_response(response.status)
        for name in ("Content-Type", "x-amzn-ErrorType", "x-amzn-RequestId"):
            if name in response.headers:
                self.send_header(name, response.headers[name])
        self.send_header("Content-Length", str(len(response.data)))
        self.end_headers()
        self.wfile.write(response.data)

    def log_message(self, *_: object) -> None:
        pass
