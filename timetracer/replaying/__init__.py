"""Cassettes become answers: session, matching, noise, clock, network guard, verdict."""
