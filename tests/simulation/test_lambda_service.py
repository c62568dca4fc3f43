"""Lambda's cruelties beyond delivering twice: late events, no instance left, and a function's own time limit."""

from typing import Any

from simulation.lambda_service import Event, Lambda
from simulation.virtual_time import VirtualTime


def invoked(seconds: float = 0.0, **settings: Any) -> tuple[VirtualTime, Lambda, list[tuple[float, str]]]:
    """A function that takes so long, and when it began with which event."""
    time, begun = VirtualTime(), []

    def function(event: Event, context: Any) -> None:
        begun.append((time.now, event["name"]))
        time.sleep(seconds)

    new = Lambda(time, function)
    for name, setting in settings.items():
        setattr(new, name, setting)
    return time, new, begun


def test_an_event_that_is_late_is_overtaken() -> None:
    time, function, begun = invoked()
    function.come_late([300, 20])
    for name in ("first", "second", "third"):
        function.invoke({"name": name})
    time.run_until(lambda: time.is_idle, 1000)

    assert begun == [(0, "third"), (20, "second"), (300, "first")]


def test_an_event_that_is_too_old_is_dropped() -> None:
    time, function, begun = invoked()
    function.come_late([3601])
    function.invoke({"name": "first"})
    time.run_until(lambda: time.is_idle, 10_000)

    assert begun == []


def test_with_a_reserved_concurrency_of_one_events_wait_longer_and_longer() -> None:
    time, function, begun = invoked(100, concurrency=1)
    function.invoke({"name": "first"})
    function.invoke({"name": "second"})
    time.run_until(lambda: time.is_idle, 1000)

    # 1, 2, 4 ... 64 seconds after one another.
    assert begun == [(0, "first"), (127, "second")]


def test_a_function_has_its_own_time_limit() -> None:
    time, function, _ = invoked(100, timeout=60.0)
    function.invoke({"name": "first"})
    time.run_until(lambda: time.is_idle, 1000)

    assert [(one.start, one.end) for one in function.history] == [(0, 60), (120, 180), (300, 360)]
