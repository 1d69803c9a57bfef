"""What ``timetracer demo`` records and replays: a shop, and the server whose prices it asks for. Both are programs."""
