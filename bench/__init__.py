"""Long runs against real servers: the comparison with other systems, and the kill loop."""
