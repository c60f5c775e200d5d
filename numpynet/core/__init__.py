"""What makes an array a tensor: its views, indices, dtypes, messages and printing, and the tape with the walk back."""
