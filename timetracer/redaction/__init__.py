"""What must not reach the disk: found, replaced by pseudonyms, and marked. Recording and replaying share it."""
