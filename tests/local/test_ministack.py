"""What is private to ministack, and replaced or called: it is as it was when that was written.

When one of these fails, ministack has changed. Read what became of the function; a mend that it has no need of any more
goes, and the others get the new digest.
"""

import hashlib
import inspect

import pytest
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import lambda_svc
from ministack.services.cloudformation import changesets, custom_resource, engine, provisioners, stacks

REPLACED = {
    custom_resource.invoke_custom_resource: "d5c75f69f54bf277",
    custom_resource._response_url: "e4ffdb252aec7a15",
    custom_resource.register_token: "6ac01fc7ce258b4c",
    custom_resource.deliver_response: "4f864c27b849e521",
    stacks._roll_back_operation: "3464033d8f285fe3",
    stacks._revert_update: "8031da48f764ed72",
    stacks._continue_update_rollback_async: "c66883bac70ffdfa",
    stacks._deploy_stack_async: "34c0aed718d8b61b",
    stacks._delete_stack_async: "910363eef2d9f026",
    stacks._runs_on_worker_thread: "23955511141f8481",
    provisioners._update_resource: "21b9b1207f59a864",
    provisioners._delete_resource: "9e9ba54fb4281d65",
    engine._topological_sort: "13ee9ab068fc048a",
    engine._extract_deps: "6c6f84810f4fecf0",
    changesets._resolve_props_for_diff: "b0f1a995e91fdb78",
    lambda_runtime._detect_runtime_binary: "222e200df2c093f8",
    lambda_svc._execute_function_warm: "62b9218bef5b948a",
    lambda_svc.invoke_async_with_retry: "289fe4d3cbd4089b",
    iam_evaluator.enforce: "cf64b1ee5b099c8f",
}


@pytest.mark.parametrize(("function", "digest"), REPLACED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_function_of_ministacks_is_the_one_that_was_read(function: object, digest: str) -> None:
    source = inspect.getsource(function)  # type: ignore[arg-type]
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == digest
