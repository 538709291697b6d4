"""What one server does for all: whoever takes the lease does it, and nobody else until it is over."""

import datetime as dt

import sqlalchemy as sa

from core.store.engine import immediate
from core.store.tables import Instant, metadata
from core.store.write import stored

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False),
)


def take(engine: sa.Engine, name: str, now: dt.datetime, span: dt.timedelta) -> bool:
    """Take the lease for ``span``; False where it runs already. The revision does not move: no fact changes."""
    until = stored(now + span)
    with immediate(engine) as connection, connection.begin():
        over = sa.and_(leases.c.name == name, leases.c.until <= stored(now))
        if connection.execute(sa.update(leases).where(over).values(until=until)).rowcount:
            return True
        if connection.scalar(sa.select(leases.c.name).where(leases.c.name == name)) is not None:
            return False
        try:
            with connection.begin_nested():
                connection.execute(sa.insert(leases).values(name=name, until=until))
        except sa.exc.IntegrityError:  # another server was faster with the very first one
            return False
        return True
