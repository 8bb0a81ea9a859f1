"""Notes on what happened to a model or to vectors, as gensim keeps them."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

logger = logging.getLogger(__name__)

_MOST = 100  # events that are kept


def add_lifecycle_event(self: Any, event_name: str, log_level: int | bool = logging.INFO, **event: Any) -> None:
    """Log an event and append it, with the time, to ``lifecycle_events``; if that is None, only log it.

    The first event and the latest ones are kept, 100 in all.

    Args:
        event_name: What happened.
        log_level: Level of the log record; False for none.
        event: Anything else to keep. Only plain values are saved.
    """
    event = {**event, "datetime": datetime.now().isoformat(), "event": event_name}
    if log_level:
        logger.log(log_level, "%s lifecycle event %s", type(self).__name__, event)
    events = vars(self).setdefault("lifecycle_events", [])
    if events is not None:
        events.append(event)
        del events[1 : -_MOST + 1]


class Lifecycle:
    """Something that keeps a list of events, ``lifecycle_events``; set it to None to keep none."""

    lifecycle_events: list[dict[str, Any]] | None

    add_lifecycle_event = add_lifecycle_event
