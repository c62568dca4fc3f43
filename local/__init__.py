"""A local cloud on loopback, to try, test and show the provider without an AWS account."""
