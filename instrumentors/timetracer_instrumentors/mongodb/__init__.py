"""MongoDB: its wire protocol, whichever driver speaks it, and a mount for each family of drivers."""
