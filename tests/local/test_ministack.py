"""What is private to ministack, and replaced or called: it is as it was when that was written.

When one of these fails, ministack has changed. Read what became of the function; a mend that it has no need of any more
goes, and the others get the new digest.
"""

import hashlib
import inspect
from pkgutil import resolve_name

import pytest

# By their names, since ministack takes long to import.
REPLACED = {
    "services.cloudformation.custom_resource:invoke_custom_resource": "d5c75f69f54bf277",
    "services.cloudformation.custom_resource:_response_url": "e4ffdb252aec7a15",
    "services.cloudformation.custom_resource:register_token": "6ac01fc7ce258b4c",
    "services.cloudformation.custom_resource:deliver_response": "4f864c27b849e521",
    "services.cloudformation.stacks:_roll_back_operation": "3464033d8f285fe3",
    "services.cloudformation.stacks:_revert_update": "8031da48f764ed72",
    "services.cloudformation.stacks:_continue_update_rollback_async": "c66883bac70ffdfa",
    "services.cloudformation.stacks:_deploy_stack_async": "34c0aed718d8b61b",
    "services.cloudformation.stacks:_delete_stack_async": "910363eef2d9f026",
    "services.cloudformation.stacks:_runs_on_worker_thread": "23955511141f8481",
    "services.cloudformation.provisioners:_update_resource": "21b9b1207f59a864",
    "services.cloudformation.provisioners:_delete_resource": "9e9ba54fb4281d65",
    "services.cloudformation.engine:_topological_sort": "13ee9ab068fc048a",
    "services.cloudformation.engine:_extract_deps": "6c6f84810f4fecf0",
    "services.cloudformation.changesets:_resolve_props_for_diff": "b0f1a995e91fdb78",
    "core.lambda_runtime:_detect_runtime_binary": "222e200df2c093f8",
    "services.lambda_svc:_execute_function_warm": "62b9218bef5b948a",
    "services.lambda_svc:invoke_async_with_retry": "289fe4d3cbd4089b",
    "core.iam_evaluator:enforce": "cf64b1ee5b099c8f",
}


@pytest.mark.parametrize(("name", "digest"), REPLACED.items(), ids=lambda value: value.partition(":")[2])
def test_a_function_of_ministacks_is_the_one_that_was_read(name: str, digest: str) -> None:
    source = inspect.getsource(resolve_name(f"ministack.{name}"))
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == digest
