"""The file of costs: what handling a ticket costs, by handler and vendor, in TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.metrics.cost import CostTable, HandlerCost
from models.metrics.history import HandlerKind
from pipelines.handling.errors import CostsInvalid


class _Cost(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    per_ticket: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    per_reply: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    def as_cost(self) -> HandlerCost:
        return HandlerCost(self.per_ticket, self.per_reply)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    currency: str = Field(pattern=r"^[A-Z]{3}$")
    handler: dict[HandlerKind, _Cost] = {}
    vendor: dict[str, _Cost] = {}


def read_costs(path: Path | None) -> CostTable | None:
    """Read the file; None without one. Raises `CostsInvalid`, which names the place at fault."""
    if path is None:
        return None
    try:
        content = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise CostsInvalid(f"{path}: it cannot be read ({error.strerror}); check figures.costs") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CostsInvalid(f"{path}: {where}: received {first['input']!r}; {first['msg']}") from error
    except ValueError as error:
        raise CostsInvalid(f"{path}: {error}") from error
    return CostTable(
        content.currency,
        {kind.value: cost.as_cost() for kind, cost in content.handler.items()},
        {name: cost.as_cost() for name, cost in content.vendor.items()},
    )
