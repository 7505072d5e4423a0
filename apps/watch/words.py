"""How are numbers said to people?"""

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def ago(then: float, now: float) -> str:
    """Say how long ago ``then`` was; both in seconds since 1970.

    >>> [ago(0, seconds) for seconds in (-1, 2, 59, 61, 7_300, 90_000, 200_000)]
    ['just now', 'just now', '59 s ago', '1 min ago', '2 h ago', '1 day ago', '2 days ago']
    """
    past = int(now - then)
    if past < 5:
        return "just now"
    if past < MINUTE:
        return f"{past} s ago"
    if past < HOUR:
        return f"{past // MINUTE} min ago"
    if past < DAY:
        return f"{past // HOUR} h ago"
    return f"{past // DAY} day{'s' if past >= 2 * DAY else ''} ago"
