"""What users take who do not build: `make release`."""
