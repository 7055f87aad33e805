"""What an answer is, how it is shown and cited."""
