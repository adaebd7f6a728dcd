"""What each layer of a model holds: probes, similarity, and the categories of its heads."""
