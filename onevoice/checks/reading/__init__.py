"""Reading: what any text about an alert says, whoever wrote it, in each language's own way of writing it.

Nothing here knows how OneVoice writes: no template, no voice, no catalogue (a contract in pyproject.toml keeps it so).
What a language's writers do stands in `locales/<language>/reading.yaml`.
"""
