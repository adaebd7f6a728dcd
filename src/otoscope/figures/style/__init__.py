"""What figures share: theme, page, header, legend, styles of curves and models, inline SVG."""
