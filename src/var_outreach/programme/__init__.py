"""What happens at an event: rounds of workshops that people choose from, and who speaks.

*Reads*: events and registrations. *Writes*: rounds, workshops, choices, speakers. *Next*: the
answer page shows what can be chosen; lists and badges show what was.
"""
