"""Files of other tools, made from cassettes and made into cassettes."""
