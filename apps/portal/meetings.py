"""When do the members meet next?"""

from datetime import date

THURSDAY = 3


def next_meeting(today: date) -> date:
    """Return the first Thursday of this month, or of the next once that is past.

    >>> next_meeting(date(2026, 11, 5))
    datetime.date(2026, 11, 5)
    >>> next_meeting(date(2026, 11, 6))
    datetime.date(2026, 12, 3)
    """
    this_month = _first_thursday(today.year, today.month)
    if this_month >= today:
        return this_month
    return _first_thursday(today.year + today.month // 12, today.month % 12 + 1)


def _first_thursday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first.replace(day=1 + (THURSDAY - first.weekday()) % 7)
