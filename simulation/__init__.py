"""An AWS account in one process and in virtual time: what the provider meets there, as cruel as the services are.

`world.World` is the account. In it are four actors: CloudFormation (`cloudformation`, `stack`), Lambda
(`lambda_service`), Amazon Personalize (moto's, in `local.moto_personalize`), and the fault that befalls a call
(`faults`). Tests and benchmark stand on it, so it imports neither.
"""
