"""The provider's stack on the local cloud, beside the one that all tests use."""

import functools
import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from local import sam
from local.cloud import REGION, Cloud
from tests.e2e.conftest import Stack


class Provider(Stack):
    """A stack of the provider's, beside the one that the cloud has."""

    def deploy(self, **parameters: str) -> str:
        """Create it as the SAM CLI has created that one, and return the status it ends in."""
        return self.create_from(deployed_template(self.cloud), **parameters)

    def change(self, **parameters: str) -> str:
        """Give it these parameters, all others their defaults, and return the status it ends in."""
        return self.update_from(deployed_template(self.cloud), **parameters)

    def client(self, service: Any) -> Any:
        return client(self.cloud, service)

    def resource(self, logical_id: str) -> str | None:
        """The physical id of a resource, if the stack has it."""
        try:
            found = self.cloud.cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        except ClientError:
            return None
        return found["StackResourceDetail"].get("PhysicalResourceId")

    @property
    def role(self) -> dict[str, Any]:
        return self.client("iam").get_role(RoleName=self.resource("ProviderRole"))["Role"]  # type: ignore[no-any-return]

    @property
    def policies(self) -> set[str]:
        return set(self.client("iam").list_role_policies(RoleName=self.resource("ProviderRole"))["PolicyNames"])

    @property
    def function(self) -> dict[str, Any]:
        return self.client("lambda").get_function_configuration(  # type: ignore[no-any-return]
            FunctionName=self.resource("ProviderFunction")
        )

    @property
    def log_group(self) -> dict[str, Any]:
        name = self.resource("ProviderLogs")
        (group,) = self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return group  # type: ignore[no-any-return]

    @property
    def destination(self) -> str | None:
        """Where a request goes that no delivery of was responded to."""
        config = self.client("lambda").get_function_event_invoke_config(
            FunctionName=self.resource("ProviderFunction"), Qualifier="$LATEST"
        )
        found: str | None = config["DestinationConfig"].get("OnFailure", {}).get("Destination")
        return found


@functools.cache
def client(cloud: Cloud, service: Any) -> Any:
    return boto3.client(service, endpoint_url=cloud.url, verify=str(cloud.ca_bundle), region_name=REGION)


@functools.cache
def deployed_template(cloud: Cloud) -> str:
    """The template as the SAM CLI has deployed it, with the zip uploaded."""
    found: Any = cloud.cloudformation.get_template(StackName=sam.PROVIDER_STACK, TemplateStage="Original")
    body = found["TemplateBody"]
    return body if isinstance(body, str) else json.dumps(body)
