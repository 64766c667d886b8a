"""Civil dates: calendar months, and when a published change takes effect."""

import calendar
from datetime import date, timedelta


def add_months(day: date, months: int) -> date:
    """Add calendar months to a date; the last day of a shorter month stands in for a missing one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def after_publication(published: date, days: int) -> date:
    """First day on which a change has effect that enters into force once so many calendar days have passed.

    Args:
        published: day of publication, which does not count.
        days: full days that pass after it.
    """
    return published + timedelta(days=days + 1)
