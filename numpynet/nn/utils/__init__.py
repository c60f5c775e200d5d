"""torch.nn.utils: what is done to the parameters of a whole network at once."""
