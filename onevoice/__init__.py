"""OneVoice: one set of facts about a crisis for everyone who needs them, and the proof that all were told the same."""
