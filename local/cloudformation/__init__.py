"""What ministack's CloudFormation lacks, or does otherwise than AWS. Each module mends one thing, by its `install`."""
