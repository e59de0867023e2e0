"""Events by Kafka: topics, the workers' intake, replay, and backfill."""
