"""Keep what the log says with a traceback, for the status page."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from dispatcher.logs import EXCHANGE, SERVING

if TYPE_CHECKING:
    from dispatcher.monitoring.board import Board

WIDTH = 500
"""Characters of a message that are kept."""


class Noting(logging.Handler):
    """Note errors on the board: those that apps log, and those that the dispatcher does."""

    def __init__(self, board: Board) -> None:
        super().__init__(logging.ERROR)
        self.board = board

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record that has a traceback."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return
        exchange = EXCHANGE.get()
        last = "".join(traceback.format_exception_only(error)).strip()
        self.board.own.note(
            app=SERVING.get(),
            message=f"{record.getMessage()[:WIDTH]}: {last[:WIDTH]}",
            request_id=exchange.request_id if exchange else "",
            traceback="".join(traceback.format_exception(error)),
        )
