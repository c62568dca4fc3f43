"""What a user of the provider waits for and pays, beside what they would use instead."""
