"""What a cassette tells of itself: pure functions over spans, which know no terminal and no rich."""
