"""Speech encoders whose attention can be seen and changed."""
