"""What people ask: what is published, what came in, how days differ, what is configured."""
