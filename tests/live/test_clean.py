"""Whatever happens to a run, what it made is removed, and nothing else is touched."""

import random
from collections import Counter
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from live.__main__ import main
from live.account import Account, LiveError, connect
from live.bench import Bench
from live.probe import Probe, probe
from live.removal import Pace, remove_runs
from live.runs import Run
from tests.live.conftest import DATASETS, GROUPS, contents, fill, take_time

KILLS = 20


class Killed(BaseException):
    """The process is gone: nothing that it does from now on reaches the account."""


@pytest.fixture
def theirs(account: Account) -> dict[str, Any]:
    """What is in an account in which others have what looks almost like a run's."""
    fill(account.client("personalize"))
    return contents(account.client("personalize"))


def killed_at(account: Account, change: int, *, after: bool) -> Account:
    """The same account, for a process that is killed before or after it changes something for the nth time."""
    dying = Account(account.session, account.id, account.partition)
    events = dying.client("personalize").meta.events
    changes = 0

    def count(model: Any, **_: Any) -> None:
        nonlocal changes
        changes += not model.name.startswith(("Describe", "List"))
        # Whoever is dead calls nothing any more.
        if changes > change or (changes == change and not after):
            raise Killed

    def die(**_: Any) -> None:
        if changes >= change and after:
            raise Killed

    events.register("before-call", count)
    events.register("after-call", die)
    return dying


# A probe changes something some 70 times; the last changes remove what was made.
POINTS = [(change, after) for change in range(1, 66) for after in (False, True)]


@pytest.mark.parametrize(("change", "after"), random.Random(13).sample(POINTS, KILLS))
def test_after_a_kill_clean_leaves_the_account_as_it_was(
    account: Account, pace: Pace, theirs: dict[str, Any], change: int, after: bool
) -> None:
    take_time(*([GROUPS, DATASETS] if change % 2 else []))
    with pytest.raises(Killed):
        probe(Bench(killed_at(account, change, after=after), pace=pace))

    client = account.client("personalize")
    remove_runs(client, pace)

    assert contents(client) == theirs
    assert remove_runs(client, pace) == []


def test_clean_removes_one_run_if_it_is_told_which(
    account: Account, pace: Pace, theirs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    client = account.client("personalize")
    one, other = Run(), Run()
    for run in (one, other):
        Bench(account, run, pace).group()

    assert main(["clean", "--run", one.id]) == 0

    assert [arn for arn in contents(client) if one.id in arn] == []
    assert len([arn for arn in contents(client) if other.id in arn]) == 3
    main(["clean"])
    assert contents(client) == theirs


def refuse(monkeypatch: pytest.MonkeyPatch, operation: str, code: str, message: str) -> None:
    """Refuse every call of an operation."""
    real = Account.client

    def client(self: Account, service: str) -> Any:
        made = real(self, service)

        def refused(**_: Any) -> None:
            error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, operation)  # type: ignore[arg-type]

        made.meta.events.register(f"before-call.*.{operation}", refused, unique_id=operation)
        return made

    monkeypatch.setattr(Account, "client", client)


@pytest.mark.parametrize(
    ("operation", "code", "sentence"),
    [
        ("GetCallerIdentity", "ExpiredToken", "AWS refused the credentials (ExpiredToken), renew them: Said."),
        ("CreateDatasetGroup", "LimitExceededException", "A quota is full at CreateDatasetGroup, delete something or "),
        ("CreateSchema", "LimitExceededException", "A quota is full at CreateSchema, delete something or request"),
        ("CreateDataset", "AccessDeniedException", "You may not call CreateDataset, give yourself the permissions in "),
        ("CreateEventTracker", "AccessDeniedException", "You may not call CreateEventTracker, give yourself the "),
        ("TagResource", "AccessDeniedException", "You may not call TagResource, give yourself the permissions in "),
    ],
)
def test_what_stops_a_run_is_one_sentence_and_leaves_nothing(
    account: Account,
    theirs: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    operation: str,
    code: str,
    sentence: str,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        refuse(patch, operation, code, "Said")
        assert main(["probe", "--yes"]) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"error: {sentence}")
    assert said.count("\n") == 1
    assert contents(account.client("personalize")) == theirs


@pytest.mark.usefixtures("account")
def test_a_region_without_the_service_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

    assert main(["probe", "--yes"]) == 1
    assert "error: Amazon Personalize is not in eu-north-1: choose one of ap-northeast-1, " in capsys.readouterr().err


def test_no_region_no_credentials_and_no_network_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with pytest.raises(LiveError, match=r"^AWS cannot be reached, check network, proxy and region: .*\.$"):
        connect()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(LiveError, match=r"^There are no credentials to use: Unable to locate credentials\.$"):
        connect(boto3.Session())
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(LiveError, match=r"^No region is set"):
        connect(boto3.Session())


@pytest.mark.parametrize("reply", ["yes", "Y", "", "no", None])
def test_nothing_is_made_unless_the_reply_is_yes(
    account: Account,
    theirs: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reply: str | None,
) -> None:
    begin = Mock(return_value=Probe([], 0.0, Counter()))

    def replied(question: str) -> str:
        assert question == "Go on? [yes/no] "
        assert "Account 123456789012, region us-east-1, run " in capsys.readouterr().out
        return str(reply)

    monkeypatch.setattr("sys.stdin.isatty", lambda: reply is not None, raising=False)
    monkeypatch.setattr("builtins.input", replied)
    monkeypatch.setattr("live.probe.probe", begin)
    monkeypatch.setattr("live.report.write", lambda *_: None)

    status = main(["probe"])

    said = "Nobody is there to be asked: say --yes." if reply is None else "Nothing was made."
    is_yes = reply in ("yes", "Y")
    assert (status, capsys.readouterr().err) == ((0, "") if is_yes else (1, f"error: {said}\n"))
    assert begin.called is is_yes
    assert contents(account.client("personalize")) == theirs
