"""Real servers that tests start themselves, on free ports, in folders of their own."""
