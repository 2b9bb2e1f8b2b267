"""What every content file has in common: exact fields, nothing unknown let through, nothing guessed."""

from pydantic import BaseModel, ConfigDict


class Definition(BaseModel):
    """A content file, or a part of one. A field that is not declared is a fault, not an extra."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
