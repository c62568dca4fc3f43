"""Commands for whoever operates the provider: `python -m operations --help`. They need boto3; a table needs rich."""
