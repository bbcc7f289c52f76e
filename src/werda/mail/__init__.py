"""Mails to one customer: what they say, and sending them by SMTP (C8, A6, S13). Campaigns are another thing.

A mail greets by name, names the moment, says what to do, and never holds or asks for a code. It links to the brand's
own portal and nowhere else, and carries no picture and nothing that tells whether it was read (surfaces, "Mail").
"""
