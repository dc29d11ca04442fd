"""Stand-ins for V4 and V5, and the data that V4 is loaded with."""
