"""Labels that are taught by example."""
