"""Events by Kafka: topics, the workers' intake, replay, and what heals a gap."""
