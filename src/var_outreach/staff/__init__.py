"""What staff do: with mailings, the agenda, people.

*Reads / Writes*: through the stages. *Next*: the next tick carries it out. ``cli`` and the console
call these; nothing here sends.
"""
