"""papers.yang2020.figures."""
