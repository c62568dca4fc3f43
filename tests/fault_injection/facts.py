"""What happened in a world, in the ways in which the rules ask about it.

All of it is read from what CloudFormation sent and took, and from what Amazon Personalize was asked and has; never from
what the provider says. A "resource" is a stack and a logical id.
"""

import math
from collections.abc import Iterator, Mapping

from simulation.cloudformation import Put, Request
from simulation.world import CREATED_BY, LOGICAL_ID, STACK_ID, Call, World

Owner = tuple[str | None, str | None]

CHANGES = {"create_event_tracker", "delete_event_tracker", "tag_resource", "untag_resource"}


class Facts:
    """The calls that succeeded, by whom trackers were made, and whose tracking ids somebody has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests = list(world.cloudformation.requests.values())
        self.order = {request.id: number for number, request in enumerate(self.requests)}
        self.done = [call for call in world.calls if not call.error and call.request]
        self.made = {call.arn: call for call in self.done if call.operation == "create_event_tracker"}
        self.claims = self._claims()
        self.taken = self._taken()
        self.adoptions = dict(self._adoptions())

    def calls_of(self, request: Request) -> list[Call]:
        """The calls of a request, also those that were refused."""
        return [call for call in self.world.calls if call.request is request]

    def done_by(self, request: Request, arn: str, operation: str) -> Iterator[Call]:
        """A request's calls of an operation about a tracker that succeeded."""
        return (one for one in self.done if (one.request, one.arn, one.operation) == (request, arn, operation))

    def puts_of(self, request: Request) -> Iterator[Put]:
        """The responses to a request, as they arrived."""
        return (put for put in self.world.cloudformation.puts if put.request is request)

    def _claims(self) -> dict[str, list[Request]]:
        """The requests that have made or claimed each tracker, the last last."""
        claims: dict[str, list[Request]] = {}
        for call in self.done:
            if call.operation == "create_event_tracker" or CREATED_BY in call.tags:
                claims.setdefault(call.arn, []).append(call.request)
        return claims

    def _taken(self) -> dict[str, list[Request]]:
        """The requests whose SUCCESS gave CloudFormation a tracker, by ARN, in the order of their responses."""
        taken: dict[str, list[Request]] = {}
        for request in sorted(self.requests, key=lambda one: one.responded or 0.0):
            if request.has_succeeded and request.type != "Delete":
                taken.setdefault(request.taken.physical_id, []).append(request)
        return taken

    def is_acknowledged(self, arn: str, moment: float) -> bool:
        """Whether CloudFormation had by then taken a response that names the tracker: somebody may use it."""
        return any(request.responded <= moment for request in self.taken.get(arn, ()))

    def is_adoption(self, request: Request) -> bool:
        """Whether a request that succeeded has adopted the tracker that its response names.

        It asked for that, and the tracker was neither its physical id nor left by a request of the same resource that
        CloudFormation had given up.
        """
        arn = request.taken.physical_id
        made = self.made.get(arn)
        return (
            request.type != "Delete"
            and request.wanted.get("AdoptExisting") == "true"
            and arn != request.physical_id
            and (
                made is None
                or made.request.resource != request.resource
                or (made.request is not request and self.is_acknowledged(arn, request.sent))
            )
        )

    def _adoptions(self) -> Iterator[tuple[str, float]]:
        for arn, requests in self.taken.items():
            for request in requests:
                if self.is_adoption(request):
                    yield arn, request.responded

    def is_adopted(self, arn: str, moment: float) -> bool:
        """Whether a tracker had by then been adopted, and was not handed over to a resource after that."""
        adopted = self.adoptions.get(arn)
        return adopted is not None and adopted <= moment and self.world.handed_over.get(arn, -1.0) < adopted

    def owner(self, call: Call) -> Owner:
        """Whose tracker a call is about: the resource that its tags name, or else the one that made it.

        What was adopted, or taken away by hand, is nobody's without such tags.
        """
        tagged, made = owner_of(call.tracker.tags), self.made.get(call.arn)
        if tagged != (None, None) or not made:
            return tagged
        is_free = call.arn in self.world.taken_back or self.is_adopted(call.arn, call.moment)
        return tagged if is_free else made.request.resource

    def is_there(self, arn: str, moment: float) -> bool:
        """Whether a tracker that the function made was there at a moment, and not about to go."""
        deleted = self.last(arn, "delete_event_tracker")
        ends = [self.world.deleted_by_others.get(arn, math.inf), deleted.moment if deleted else math.inf]
        return self.made[arn].moment <= moment < min(ends)

    def later(self, request: Request) -> Iterator[Request]:
        """The later requests for the same resource; the clean-up of what the request replaced always follows."""
        for later in self.requests[self.order[request.id] + 1 :]:
            if later.resource == request.resource and later.replaced_by is not request:
                yield later

    def last(self, arn: str, *operations: str) -> Call | None:
        """The function's last such call about a tracker."""
        calls = [call for call in self.done if call.arn == arn and call.operation in operations]
        return calls[-1] if calls else None

    def group_of(self, arn: str) -> str | None:
        """The dataset group of a tracker."""
        if arn in self.made:
            return self.made[arn].arguments["datasetGroupArn"]
        tracker = self.world.backend.event_trackers.get(arn)
        return tracker and tracker.dataset_group_arn


def owner_of(tags: Mapping[str, str]) -> Owner:
    """The resource that the tags of a tracker name."""
    return tags.get(STACK_ID), tags.get(LOGICAL_ID)
