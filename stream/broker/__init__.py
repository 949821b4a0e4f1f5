"""Real Apache Kafka on this machine, without Docker and without a Java installation."""

from stream.broker.process import Broker

__all__ = ["Broker"]
