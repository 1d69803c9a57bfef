"""What Timetracer knows about each library: one file for a call seam, one folder for a wire protocol."""
