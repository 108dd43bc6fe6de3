"""The four steps of tracking as clients see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

import strawberry

from ordering.tracking import Step
from schema.context import Context
from schema.enums import TrackingStepName, TrackingStepStatus
from texts import mark

TITLES: Final[Mapping[TrackingStepName, str]] = {
    TrackingStepName.VALIDATING: mark("Your order is being checked"),
    TrackingStepName.VALIDATED: mark("Your order is confirmed"),
    TrackingStepName.DELIVERING: mark("Your products are being delivered"),
    TrackingStepName.AVAILABLE: mark("Your products are available"),
}


@strawberry.type(description="One of the four steps.")
class TrackingStep:
    name: TrackingStepName = strawberry.field(description="Which one.")
    status: TrackingStepStatus = strawberry.field(description="How far it is.")
    title: str = strawberry.field(description="For people.")
    started_at: datetime | None = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When it ended.")

    @classmethod
    def of(cls, step: Step, context: Context) -> Self:
        return cls(
            name=step.name,
            status=step.status,
            title=context.say(TITLES[step.name]),
            started_at=step.started_at,
            ended_at=step.ended_at,
        )
