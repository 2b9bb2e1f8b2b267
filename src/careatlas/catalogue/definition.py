"""What every content file has in common: fields are exact, nothing unknown is let through, nothing is guessed."""

from pydantic import BaseModel, ConfigDict


class Definition(BaseModel):
    """A content file, or a part of one. A field that is not declared is a fault, not an extra."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
