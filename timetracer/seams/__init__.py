"""What an instrumentor declares, and how it is put in place: the exchange engine, streams, patching."""
