"""From the outbox to Kafka and from Kafka to a handler: relay, consumer, admission, parked streams, replay."""
