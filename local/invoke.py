"""The requests of `events/`, one after the other by `sam local invoke`, and what each of them must have done."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from local import docker, sam
from local.cloud import ROOT, Cloud, running
from local.narrator import Narrator, UnexpectedError, present

# `events/local.json` names it.
PERSONALIZE_PORT = 5999

_EVENTS = ROOT / "events"

Function = Callable[[Path], dict[str, Any]]


def run(seconds_per_state: float) -> int:
    """Send them; returns the exit status. Without a Docker engine there is nothing to be done."""
    try:
        docker.require_engine()
    except docker.NoEngineError as error:
        print(f"Nothing was tried, since `sam local invoke` needs Docker. {error}")
        return 0
    docker.require_image()

    def steps(console: Console) -> None:
        with ExitStack() as stack:
            with console.status("a local cloud is coming up"):
                cloud = stack.enter_context(
                    running(
                        personalize_host=docker.host_for_containers(),
                        personalize_port=PERSONALIZE_PORT,
                        seconds_per_state=seconds_per_state,
                    )
                )
                make_groups(cloud)
            with console.status("sam build"):
                template = sam.build(cloud)
            Requests(console, cloud, lambda event: sam.invoke(cloud, template, event)).play()

    return present(steps)


def make_groups(cloud: Cloud) -> str:
    """Make what requests and examples are about: dataset groups, of which one has an event tracker.

    Returns the ARN of films.
    """
    songs = cloud.create_dataset_group("songs")
    cloud.personalize.create_event_tracker(name="song-clicks", datasetGroupArn=songs)
    for name in ("books", "games", "podcasts"):
        cloud.create_dataset_group(name)
    return cloud.create_dataset_group("films")


@dataclass
class Requests(Narrator):
    """The requests, sent by `function` to a cloud that has the groups of make_groups, and is otherwise new."""

    cloud: Cloud
    function: Function

    def play(self) -> None:
        """Send them all. Raises UnexpectedError when one of them did not do what its name says."""
        created = self._send("create")
        tracker = self._tracker(created)
        self._expect("the event tracker is ACTIVE", tracker["status"] == "ACTIVE")
        self._expect("the response has its tracking ID", created["Data"]["TrackingId"] == tracker["trackingId"])
        self._expect("it has its tag", self._tags(created)["team"] == "shop")

        tagged = self._send("update-tags")
        self._expect("it is the same event tracker", tagged["Data"]["TrackingId"] == tracker["trackingId"])
        self._expect("its tag is another", self._tags(tagged)["team"] == "web")

        self._send("delete")
        self._expect("films has no event tracker", self._trackers("films") == [])

        full = self._send("create-with-all-properties")
        self._expect("the event tracker has its name", self._tracker(full)["name"] == "film-clicks")
        self._expect("it has its tags", self._tags(full).items() >= {"team": "shop", "stage": "test"}.items())

        renamed = self._send("rename")
        self._expect("its name is another", self._tracker(renamed)["name"] == "film-events")
        self._expect("its tracking ID is another", renamed["Data"]["TrackingId"] != full["Data"]["TrackingId"])
        self._expect("films has no other one", self._trackers("films") == [renamed["PhysicalResourceId"]])

        moved = self._send("change-dataset-group")
        self._expect("books has an event tracker", self._trackers("books") == [moved["PhysicalResourceId"]])
        self._expect(
            "films has the old one until CloudFormation has it deleted",
            self._trackers("films") == [renamed["PhysicalResourceId"]],
        )

        adopted = self._send("adopt")
        self._expect("songs has the event tracker that it had", self._tracker(adopted)["name"] == "song-clicks")
        self._expect("it has its tag, and no owner", self._tags(adopted) == {"team": "shop"})

        mistaken = self._send("create-with-mistakes", "FAILED")
        mistakes = ("Nmae", "Name", "Tags[1].Key", "AdoptExisting", "ReplacementStrategy")
        self._expect("all mistakes are told", all(f"{mistake} is " in mistaken["Reason"] for mistake in mistakes))

        self._send("delete-after-failed-create")
        self._expect(
            "films has the event tracker that it had", self._trackers("films") == [renamed["PhysicalResourceId"]]
        )

    def _send(self, name: str, status: str = "SUCCESS") -> dict[str, Any]:
        """Send a request, and print the response, which must be of that status."""
        path = _EVENTS / f"{name}.json"
        self._title(f"sam local invoke ProviderFunction --event events/{path.name} --env-vars events/local.json")
        response = self.function(path)
        self.console.print_json(json.dumps(response))
        if response.get("Status") != status:
            raise UnexpectedError(f"the response says {status}")
        return response

    def _tracker(self, response: dict[str, Any]) -> Any:
        described = self.cloud.personalize.describe_event_tracker(eventTrackerArn=response["PhysicalResourceId"])
        return described["eventTracker"]

    def _tags(self, response: dict[str, Any]) -> dict[str, str]:
        listed = self.cloud.personalize.list_tags_for_resource(resourceArn=response["PhysicalResourceId"])["tags"]
        return {tag["tagKey"]: tag["tagValue"] for tag in listed}

    def _trackers(self, group: str) -> list[str]:
        groups = self.cloud.personalize.list_dataset_groups()["datasetGroups"]
        (arn,) = [summary["datasetGroupArn"] for summary in groups if summary["name"] == group]
        listed = self.cloud.personalize.list_event_trackers(datasetGroupArn=arn)["eventTrackers"]
        return [summary["eventTrackerArn"] for summary in listed]
