"""What Amazon Personalize does in a real account: `python -m live --help`. It runs in the environment of the tests."""
