"""Time limits as clients read them."""

from gateway.api.views import ClockView
from gateway.exchange.clocks import is_overdue
from gateway.exchange.node import Node
from gateway.ports.clock_rows import ClockRow
from keys import instants


def clock_view(node: Node, row: ClockRow) -> ClockView:
    """One run of a clock."""
    return ClockView(
        row.clock,
        row.run,
        row.provision,
        node.agreements.clock_label(row.agreement, row.clock),
        row.duty,
        row.owner,
        row.state,
        None if row.due_ms is None else instants.write(row.started_ms),
        _written(row.due_ms),
        _written(row.ended_ms),
        row.waited_ms // 1000,
        is_overdue(row),
    )


def _written(at_ms: int | None) -> str | None:
    return None if at_ms is None else instants.write(at_ms)
