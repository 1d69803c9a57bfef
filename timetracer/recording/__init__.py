"""Live spans become cassettes: side-channel, processor, assembler, writer thread, exporter, sampler."""
