"""A telephone number as people read it."""

import phonenumbers


def shown_number(e164: str) -> str:
    """The number in groups, with its country."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return e164
