"""How heads form while a model trains: statistics and categories at steps of a training."""
