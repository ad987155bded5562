"""Judges that are not ours: other people's programs that read what we send."""
