"""Which heads matter: rankings of heads, and what stays of a model's abilities when heads are removed by them."""
